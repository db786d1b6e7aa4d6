// Walks a request's routes: one attempt after the other until one serves, the request itself is at fault,
// the client is gone, or the deadline ends it.
import { type AttemptDecision, GatewayError, type RequestAttempt } from '@sluice/contracts';
import { estimateInputTokens } from '@sluice/providers';
import { makeDeadline, remainingMs } from '@sluice/resilience';
import type { Ending, Exchange } from '../chat/exchange.js';
import { relayAnswer, relayError, relayEstimate, relayPassed } from '../relay/relay-answer.js';
import { Attempt, type AttemptResult } from './attempt.js';
import type { AttemptFailure } from './attempt-failure.js';
import { coolingMs, hasNoCount, isWorthMore, toFinalAnswer } from './retry-decision.js';
import type { ChosenRoute, NextStep } from './route-choice.js';
import type { CallPermit } from './route-health.js';
import type { RunningWalk } from './running-walks.js';
import { toRequestAttempt } from './to-request-attempt.js';
import type { WalkOptions } from './walk-options.js';

/** Starts the walk; it goes on by itself. Never throws, now or later. */
export function runAttempts(exchange: Exchange, options: WalkOptions): void {
  new Walk(exchange, options).start();
}

/** An attempt under way, or the latest one. */
interface Call {
  readonly attempt: Attempt;
  readonly attemptId: string;
  readonly route: ChosenRoute;
  readonly permit: CallPermit;
  readonly startedMs: number;
  isRecorded: boolean;
}

class Walk implements RunningWalk {
  readonly #exchange: Exchange;
  readonly #options: WalkOptions;
  readonly #failures: AttemptFailure[] = [];
  #call: Call | null = null;
  #deadlineAtMs = 0;
  #deadlineTimer: NodeJS.Timeout | null = null;
  /** Ends what the walk waits for: its turn at a provider, or the time of a repeat. */
  #stopWaiting: (() => void) | null = null;
  /** The place at the provider of the call under way. */
  #leaveGate: (() => void) | null = null;
  #isOver = false;
  /** For {@link RunningWalks}. */
  place = -1;

  constructor(exchange: Exchange, options: WalkOptions) {
    this.#exchange = exchange;
    this.#options = options;
  }

  start(): void {
    const exchange = this.#exchange;
    const { startedMs, response, model, body } = exchange;
    const deadline = makeDeadline(
      startedMs,
      model?.config.timeouts.totalMs ?? 0,
      this.#options.askedDeadlineMs,
    );
    this.#deadlineAtMs = deadline.atMs;
    const leftMs = remainingMs(deadline, performance.now());
    this.#deadlineTimer = setTimeout(() => this.#guard(() => this.#onDeadline(deadline.budgetMs)), leftMs);
    response.once('close', () => this.#guard(() => this.#onClientGone()));
    this.#options.running.add(this);
    this.#guard(() => {
      if (body === null || model === null) throw new Error('a walk needs a judged body and a model');
      if (body.stream) exchange.clientStream = this.#options.streams.open(exchange);
      // A body that took longer than the client's patience: nobody is called for it.
      if (leftMs <= 0) this.#onDeadline(deadline.budgetMs);
      else this.#advance();
    });
  }

  stop(): void {
    this.#guard(() => this.#giveUp(new GatewayError('overloaded', { message: STOPPING })));
  }

  /** All that enters the walk from outside comes through here or through an attempt. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#onBug(error);
    }
  }

  /** A broken invariant fails this request, loudly, and nothing else. */
  #onBug(error: unknown): void {
    const exchange = this.#exchange;
    this.#options.listener.onBug(exchange, error);
    if (this.#isOver) return;
    this.#isOver = true;
    this.#abandon();
    const failure = new GatewayError('internal_error');
    try {
      this.#record('give_up', failure.code);
      const status = relayError(exchange, failure);
      const { code, message } = failure;
      this.#end({ outcome: 'failed', status, errorCode: code, errorMessage: message });
    } catch (again) {
      this.#options.listener.onBug(exchange, again);
    }
  }

  #next(): NextStep {
    return this.#options.routes.next(Math.max(0, this.#deadlineAtMs - performance.now()));
  }

  #take(step: NextStep): void {
    switch (step.kind) {
      case 'call':
        return this.#enterGate(step);
      case 'wait':
        return this.#wait(step.ms);
      case 'end':
        return this.#finish();
    }
  }

  #wait(ms: number): void {
    const timer = setTimeout(
      () => {
        this.#stopWaiting?.();
        this.#stopWaiting = null;
        this.#guard(() => this.#advance());
        // Timers drop fractions and may end 1 ms early: a route that still cools then would be charged and awaited again.
      },
      Math.ceil(ms) + 1,
    );
    const startedMs = performance.now();
    this.#stopWaiting = () => {
      clearTimeout(timer);
      this.#exchange.waitedMs += performance.now() - startedMs;
    };
  }

  #advance(): void {
    if (!this.#isOver) this.#take(this.#next());
  }

  /** A provider with a bound on its calls is called in turn. */
  #enterGate(step: NextStep & { kind: 'call' }): void {
    const { provider } = step.route.target;
    if (provider.maxConcurrency === undefined) return this.#begin(step);
    const { caller } = this.#exchange;
    // Holds the permit of a probe no longer than its turn takes to come.
    const stopAsking = (): void => step.permit.release();
    this.#stopWaiting = stopAsking;
    const leave = this.#options.gate.enter(provider, caller?.keyId ?? '', {
      onTurn: (leaveTurn, waitedMs) =>
        this.#guard(() => {
          this.#stopWaiting = null;
          this.#leaveGate = leaveTurn;
          this.#exchange.queueMs += waitedMs;
          this.#begin(step);
        }),
      onRefused: (_reason, waitedMs) =>
        this.#guard(() => {
          this.#stopWaiting = null;
          this.#exchange.queueMs += waitedMs;
          step.permit.release();
          this.#options.routes.onBusy(step.route);
          this.#advance();
        }),
    });
    // Decided at once; after a refusal the walk may already wait for something else.
    if (this.#stopWaiting !== stopAsking) return;
    const enteredMs = performance.now();
    this.#stopWaiting = () => {
      leave();
      step.permit.release();
      this.#exchange.queueMs += performance.now() - enteredMs;
    };
  }

  #begin({ route, permit, upstreamBody }: NextStep & { kind: 'call' }): void {
    const exchange = this.#exchange;
    exchange.target = route.target;
    exchange.attemptsBegun += 1;
    route.stats.inFlight += 1;
    const startedMs = performance.now();
    const attemptId = `${exchange.eventId}.${exchange.attemptsBegun}`;
    const attempt = new Attempt({
      exchange,
      target: route.target,
      attemptId,
      timeouts: route.model.config.timeouts,
      transport: this.#options.transport,
      onFirstContent: () => {
        const nowMs = performance.now();
        route.stats.observeFirstToken(nowMs - startedMs, nowMs);
        permit.begin();
      },
      onResult: (result) => this.#onResult(result),
      onBug: (error) => this.#onBug(error),
    });
    const call: Call = { attempt, attemptId, route, permit, startedMs, isRecorded: false };
    this.#call = call;
    this.#options.listener.onIntent(exchange, () => this.#guard(() => this.#send(call, upstreamBody)));
  }

  /** The client may have gone, or the deadline passed, while the intent was written. */
  #send(call: Call, upstreamBody: Buffer): void {
    if (!this.#isOver && this.#call === call) call.attempt.start(upstreamBody);
  }

  #onResult(result: AttemptResult): void {
    const exchange = this.#exchange;
    switch (result.kind) {
      case 'answered':
        this.#onServed();
        this.#record('served', null);
        relayAnswer(exchange, 200, result.body);
        return this.#end(SUCCEEDED);
      case 'streamed':
        this.#call?.permit.succeed();
        this.#record('served', null);
        return this.#end(SUCCEEDED);
      case 'interrupted':
        if (this.#call !== null) this.#cool(this.#call, result.failure);
        this.#call?.permit.fail(result.failure);
        this.#record('give_up', result.failure.attemptCode);
        return this.#interrupt(
          interruptedBecause(result.failure),
          result.failure.detail ?? result.failure.reason,
        );
      case 'failed':
        return this.#onFailure(result.failure);
    }
  }

  #onServed(): void {
    const call = this.#call;
    if (call === null) return;
    const nowMs = performance.now();
    // A count is no answer: it would make its route look fast.
    if (this.#exchange.endpoint !== 'messages.count_tokens') {
      call.route.stats.observeAnswer(nowMs - call.startedMs, nowMs);
    }
    call.permit.succeed();
  }

  #onFailure(failure: AttemptFailure): void {
    const { endpoint } = this.#exchange;
    const call = this.#call;
    const { routes } = this.#options;
    if (call === null) throw new Error('a failure without a call');
    if (endpoint === 'messages.count_tokens' && hasNoCount(failure)) {
      // An endpoint that is not there says nothing of the others.
      call.permit.release();
      this.#record('give_up', failure.attemptCode);
      return this.#estimate();
    }
    this.#failures.push(failure);
    call.permit.fail(failure);
    this.#cool(call, failure);
    routes.onFailure(call.route, failure);
    const mayGoOn = isWorthMore(failure, () => routes.reroute(call.route.model, failure));
    const step = mayGoOn ? this.#next() : END;
    this.#record(toDecision(step, call.route), failure.attemptCode);
    this.#take(step);
  }

  /** The credential is left alone for as long as its provider says. */
  #cool({ route }: Call, failure: AttemptFailure): void {
    const { health, random } = this.#options;
    if (failure.fault !== 'limits' && !failure.isQuota) return;
    const { credential } = route.stats;
    credential.onRateLimit();
    const { retry } = this.#exchange.generation.config;
    const ms = coolingMs(failure, credential.rateLimitsInRow, { retry, random });
    health.cool(route.target, route.stats, { ms, isQuota: failure.isQuota });
  }

  /** No call is left to be made. */
  #finish(): void {
    const exchange = this.#exchange;
    const last = this.#failures.at(-1);
    if (last === undefined) return this.#refuse(this.#options.routes.noRouteError());
    const errorMessage = last.detail ?? last.reason;
    const { soonestMs } = this.#options.routes;
    const final = toFinalAnswer(exchange.requestedModel ?? '', this.#failures, soonestMs);
    if (final.kind === 'pass') {
      const status = relayPassed(exchange, final);
      return this.#end({ outcome: 'failed', status, errorCode: last.errorCode, errorMessage });
    }
    const status = relayError(exchange, final.error);
    this.#end({ outcome: 'failed', status, errorCode: final.error.code, errorMessage });
  }

  /** Nobody was called. */
  #refuse(error: GatewayError): void {
    const status = relayError(this.#exchange, error);
    const outcome = error.status >= 500 ? 'failed' : 'rejected';
    this.#end({ outcome, status, errorCode: error.code, errorMessage: error.message });
  }

  /** Some servers of Anthropic's dialect do not count. */
  #estimate(): void {
    const { body } = this.#exchange;
    if (body === null) throw new Error('an estimate needs a judged body');
    relayEstimate(this.#exchange, estimateInputTokens(body.bytes));
    this.#end(SUCCEEDED);
  }

  #onClientGone(): void {
    if (this.#isOver || this.#exchange.response.writableFinished) return;
    this.#abandon();
    this.#record('cancelled', 'client_closed_request');
    this.#end({
      outcome: 'cancelled',
      status: 499,
      errorCode: 'client_closed_request',
      errorMessage: 'the client closed the connection before the answer was complete',
    });
  }

  #onDeadline(budgetMs: number): void {
    const message = `The request's deadline of ${Math.round(budgetMs)} ms ended before a complete answer.`;
    this.#giveUp(new GatewayError('deadline_exceeded', { message }));
  }

  /** Ends the request from our side, whatever it is waiting for. */
  #giveUp(error: GatewayError): void {
    if (this.#isOver) return;
    const isCommitted = this.#call?.attempt.isCommitted ?? false;
    this.#abandon();
    const { code, message } = error;
    this.#record('give_up', code);
    if (isCommitted) return this.#interrupt(message, message);
    const status = relayError(this.#exchange, error);
    this.#end({ outcome: 'failed', status, errorCode: code, errorMessage: message });
  }

  /** Ends the call under way, or the wait for one. Nobody learns anything of a provider by that. */
  #abandon(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
    this.#call?.attempt.abandon();
    this.#call?.permit.release();
  }

  /** The client has seen status 200 and content; it gets an error event. */
  #interrupt(message: string, errorMessage: string): void {
    const status = relayError(this.#exchange, new GatewayError('stream_interrupted', { message }));
    this.#end({ outcome: 'failed', status, errorCode: 'stream_interrupted', errorMessage });
  }

  /** Each attempt is told once, also when a bug comes after its end. */
  #record(decision: AttemptDecision, errorCode: RequestAttempt['errorCode']): void {
    const exchange = this.#exchange;
    const call = this.#call;
    this.#leaveGate?.();
    this.#leaveGate = null;
    if (call === null || call.isRecorded) return;
    call.isRecorded = true;
    const { stats, target } = call.route;
    stats.inFlight -= 1;
    if (target.price !== undefined) exchange.isPriced = true;
    exchange.attempts.push(toRequestAttempt(exchange, call, { decision, errorCode }));
    exchange.upstreamMs += performance.now() - call.startedMs;
  }

  #end(ending: Ending): void {
    this.#isOver = true;
    this.#options.running.delete(this);
    this.#exchange.clientStream?.close();
    if (this.#deadlineTimer !== null) clearTimeout(this.#deadlineTimer);
    this.#options.listener.onEnd(this.#exchange, ending);
  }
}

const END: NextStep = { kind: 'end' };
const SUCCEEDED: Ending = { outcome: 'succeeded', status: 200, errorCode: null, errorMessage: null };

const STOPPING = 'This gateway is being stopped and could not wait for the answer. Send the request again.';

function toDecision(step: NextStep, from: ChosenRoute): AttemptDecision {
  if (step.kind === 'end') return 'give_up';
  return step.route.target === from.target ? 'retry' : 'next_route';
}

const interruptedBecause = (failure: AttemptFailure): string =>
  `The stream broke before its end: ${failure.reason}. What came until here is not complete.`;
