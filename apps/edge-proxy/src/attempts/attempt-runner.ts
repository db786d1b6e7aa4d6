// Walks a request's routes: one attempt after the other until one serves, the request itself is at fault,
// the client is gone, or the deadline ends it.
import { type AttemptDecision, type AttemptErrorCode, type ErrorCode, GatewayError } from '@sluice/contracts';
import { estimateInputTokens, TranslationRefusal } from '@sluice/providers';
import { makeDeadline } from '@sluice/resilience';
import type { Ending, Exchange } from '../chat/exchange.js';
import type { PreparedTarget } from '../control/config-generation.js';
import type { OpenStreams } from '../relay/open-streams.js';
import { relayAnswer, relayError, relayEstimate, relayPassed } from '../relay/relay-answer.js';
import { costUsdNanos } from '../reporting/cost.js';
import type { Transport } from '../upstream/transport.js';
import { Attempt, type AttemptResult } from './attempt.js';
import type { AttemptFailure } from './attempt-failure.js';
import { hasNoCount, mayTryNext, toFinalAnswer } from './retry-decision.js';
import type { RunningWalk, RunningWalks } from './running-walks.js';

/** What the walk tells the rooms around it. */
export interface WalkListener {
  /** Before each upstream call, which begins with `onWritten`: by then the intent is stored. */
  onIntent(exchange: Exchange, onWritten: () => void): void;
  /** Once, when the client has its answer or is gone; also after a bug. */
  onEnd(exchange: Exchange, ending: Ending): void;
  /** What must never happen. The walk ends the request by itself. */
  onBug(exchange: Exchange, error: unknown): void;
}

export interface WalkOptions {
  readonly transport: Transport;
  /** Holds each walk from its start to its end. */
  readonly running: RunningWalks;
  /** Keeps the clients of streams awake. */
  readonly streams: OpenStreams;
  readonly listener: WalkListener;
  /** `x-sluice-deadline-ms`, null when the client asks nothing. */
  readonly askedDeadlineMs: number | null;
}

/** Starts the walk; it goes on by itself. Never throws, now or later. */
export function runAttempts(
  exchange: Exchange,
  targets: readonly PreparedTarget[],
  options: WalkOptions,
): void {
  new Walk(exchange, targets, options).start();
}

class Walk implements RunningWalk {
  readonly #exchange: Exchange;
  readonly #targets: readonly PreparedTarget[];
  readonly #options: WalkOptions;
  readonly #failures: AttemptFailure[] = [];
  readonly #maxAttempts: number;
  #attempt: Attempt | null = null;
  #attemptStartedMs = 0;
  /** Where the walk stands in the list of routes, and what is to be sent there. */
  #index = 0;
  #upstreamBody: Buffer | null = null;
  /** The first route that could not say the request. */
  #refusal: TranslationRefusal | null = null;
  #deadlineTimer: NodeJS.Timeout | null = null;
  #isOver = false;
  /** For {@link RunningWalks}. */
  place = -1;

  constructor(exchange: Exchange, targets: readonly PreparedTarget[], options: WalkOptions) {
    this.#exchange = exchange;
    this.#targets = targets;
    this.#options = options;
    this.#maxAttempts = exchange.generation.config.retry.maxAttempts;
  }

  start(): void {
    const { startedMs, response, model } = this.#exchange;
    const totalMs = model?.config.timeouts.totalMs ?? 0;
    const deadline = makeDeadline(startedMs, totalMs, this.#options.askedDeadlineMs);
    const leftMs = Math.max(0, deadline.atMs - performance.now());
    this.#deadlineTimer = setTimeout(() => this.#guard(() => this.#onDeadline(deadline.budgetMs)), leftMs);
    response.once('close', () => this.#guard(() => this.#onClientGone()));
    this.#options.running.add(this);
    if (this.#exchange.body?.stream === true) {
      this.#exchange.clientStream = this.#options.streams.open(this.#exchange);
    }
    this.#guard(() => {
      if (this.#prepare(0)) this.#next();
      else this.#refuse();
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
    this.#attempt?.abandon();
    const failure = new GatewayError('internal_error');
    const status = relayError(exchange, failure);
    try {
      this.#record('give_up', failure.code);
      this.#end({
        outcome: 'failed',
        status,
        errorCode: failure.code,
        errorMessage: failure.message,
      });
    } catch (again) {
      this.#options.listener.onBug(exchange, again);
    }
  }

  /**
   * Goes to the first route from here on whose provider can be told the request.
   * @returns false when there is none
   */
  #prepare(from: number): boolean {
    const { body } = this.#exchange;
    if (body === null) throw new Error('a walk needs a judged body');
    for (let index = from; index < this.#targets.length; index += 1) {
      const target = this.#targets[index];
      if (target === undefined) break;
      try {
        this.#upstreamBody = target.adapter.toUpstreamBody(body, target.provider, target.providerModel);
        this.#index = index;
        return true;
      } catch (error) {
        if (!(error instanceof TranslationRefusal)) throw error;
        this.#refusal ??= error;
      }
    }
    return false;
  }

  /** No provider can be told the request: nobody was called. */
  #refuse(): void {
    const refusal = this.#refusal;
    if (refusal === null) throw new Error('a model without routes');
    const { field, message } = refusal;
    const error = new GatewayError('invalid_request', {
      ...(field === '' ? {} : { param: field }),
      message,
      cause: refusal,
    });
    const status = relayError(this.#exchange, error);
    this.#end({ outcome: 'rejected', status, errorCode: error.code, errorMessage: message });
  }

  #next(): void {
    const target = this.#targets[this.#index];
    const upstreamBody = this.#upstreamBody;
    if (target === undefined || upstreamBody === null) throw new Error('a route that was not prepared');
    // Not kept while the provider answers.
    this.#upstreamBody = null;
    const exchange = this.#exchange;
    exchange.target = target;
    exchange.attemptsBegun += 1;
    this.#attemptStartedMs = performance.now();
    const attempt = new Attempt({
      exchange,
      target,
      attemptId: `${exchange.eventId}.${exchange.attemptsBegun}`,
      transport: this.#options.transport,
      onFirstContent: () => undefined,
      onResult: (result) => this.#onResult(result),
      onBug: (error) => this.#onBug(error),
    });
    this.#attempt = attempt;
    this.#options.listener.onIntent(exchange, () =>
      this.#guard(() => this.#startAttempt(attempt, upstreamBody)),
    );
  }

  /** The client may have gone, or the deadline passed, while the intent was written. */
  #startAttempt(attempt: Attempt, upstreamBody: Buffer): void {
    if (!this.#isOver && this.#attempt === attempt) attempt.start(upstreamBody);
  }

  #onResult(result: AttemptResult): void {
    const exchange = this.#exchange;
    switch (result.kind) {
      case 'answered':
        this.#record('served', null);
        relayAnswer(exchange, 200, result.body);
        return this.#end(SUCCEEDED);
      case 'streamed':
        this.#record('served', null);
        return this.#end(SUCCEEDED);
      case 'interrupted':
        this.#record('give_up', result.failure.attemptCode);
        relayError(
          exchange,
          new GatewayError('stream_interrupted', { message: interruptedBecause(result.failure) }),
        );
        return this.#endInterrupted(result.failure.detail ?? result.failure.reason);
      case 'failed':
        return this.#onFailure(result.failure);
    }
  }

  #onFailure(failure: AttemptFailure): void {
    const exchange = this.#exchange;
    this.#failures.push(failure);
    if (exchange.endpoint === 'messages.count_tokens' && hasNoCount(failure)) {
      this.#record('give_up', failure.attemptCode);
      return this.#estimate();
    }
    const left = this.#maxAttempts - exchange.attemptsBegun;
    const nextIndex = this.#index + 1;
    if (mayTryNext(failure, nextIndex < this.#targets.length, left) && this.#prepare(nextIndex)) {
      this.#record('next_route', failure.attemptCode);
      return this.#next();
    }
    this.#record('give_up', failure.attemptCode);
    const final = toFinalAnswer(exchange.requestedModel ?? '', this.#failures);
    const errorMessage = failure.detail ?? failure.reason;
    if (final.kind === 'pass') {
      const status = relayPassed(exchange, final);
      return this.#end({
        outcome: 'failed',
        status,
        errorCode: failure.errorCode,
        errorMessage,
      });
    }
    const status = relayError(exchange, final.error);
    this.#end({ outcome: 'failed', status, errorCode: final.error.code, errorMessage });
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
    this.#attempt?.abandon();
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

  /** Ends the request from our side, whatever the attempt at hand is doing. */
  #giveUp(error: GatewayError): void {
    const attempt = this.#attempt;
    if (this.#isOver || attempt === null) return;
    attempt.abandon();
    this.#record('give_up', error.code);
    const { code, message } = error;
    if (attempt.isCommitted) {
      relayError(this.#exchange, new GatewayError('stream_interrupted', { message }));
      return this.#endInterrupted(message);
    }
    const status = relayError(this.#exchange, error);
    this.#end({ outcome: 'failed', status, errorCode: code, errorMessage: message });
  }

  #record(decision: AttemptDecision, errorCode: AttemptErrorCode | ErrorCode | null): void {
    const exchange = this.#exchange;
    const { target } = exchange;
    const attempt = this.#attempt;
    // Each attempt is told once, also when a bug comes after its end.
    if (target === null || attempt === null || exchange.attempts.length === exchange.attemptsBegun) return;
    const durationMs = performance.now() - this.#attemptStartedMs;
    exchange.upstreamMs += durationMs;
    const { tokens, source } = attempt.usage();
    exchange.attempts.push({
      attemptId: `${exchange.eventId}.${exchange.attemptsBegun}`,
      provider: target.provider.name,
      providerModel: target.providerModel,
      startedMs: this.#attemptStartedMs - exchange.startedMs,
      durationMs,
      status: attempt.status,
      errorCode,
      decision,
      tokens,
      costUsdNanos: costUsdNanos(tokens, target.price),
      usage: source,
    });
  }

  /** The client has seen status 200 and then an error event. */
  #endInterrupted(errorMessage: string): void {
    this.#end({ outcome: 'failed', status: 200, errorCode: 'stream_interrupted', errorMessage });
  }

  #end(ending: Ending): void {
    this.#isOver = true;
    this.#options.running.delete(this);
    this.#exchange.clientStream?.close();
    if (this.#deadlineTimer !== null) clearTimeout(this.#deadlineTimer);
    this.#options.listener.onEnd(this.#exchange, ending);
  }
}

const SUCCEEDED: Ending = { outcome: 'succeeded', status: 200, errorCode: null, errorMessage: null };

const STOPPING = 'This gateway is being stopped and could not wait for the answer. Send the request again.';

const interruptedBecause = (failure: AttemptFailure): string =>
  `The stream broke before its end: ${failure.reason}. What came until here is not complete.`;
