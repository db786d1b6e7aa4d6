// Which route is called next: the plan of the model asked for, then of its fallbacks, then those again that may
// still serve. Keeps what became of each route in this request; calls nobody, and waits for nothing itself.
import type { GatewayError } from '@sluice/contracts';
import { backoffMs } from '@sluice/resilience';
import { type RequestBody, TranslationRefusal } from '@sluice/providers';
import type { PreparedModel } from '../control/config-generation.js';
import type { AttemptFailure } from '../attempts/attempt-failure.js';
import type { ChosenRoute, NextStep, RouteChoice } from '../attempts/route-choice.js';
import type { CallPermit } from '../attempts/route-health.js';
import { toNoRouteError } from './no-route-error.js';
import type { FilterReason, HeldRoute, ModelPlan } from './route-plan.js';
import type { PlanRequest, RoutePlanner } from './route-planner.js';
import { toRoutingRecordJson } from './to-routing-record.js';

export interface RouteWalkOptions {
  readonly planner: RoutePlanner;
  readonly request: PlanRequest;
  readonly body: RequestBody;
  /** Model names lead to models of the same generation. */
  readonly modelNamed: (name: string) => PreparedModel | undefined;
  /** The model's name as the client wrote it. */
  readonly asked: string;
}

/** A route that this request has called. */
interface TriedRoute {
  readonly route: ChosenRoute;
  failures: number;
  /** The one call that failed before anything was sent and is not counted. */
  hasUsedFreeCall: boolean;
  /** Of a model that the request has left for another: it is not called again. */
  isLeft: boolean;
  last: AttemptFailure;
}

/** A route that was passed over. */
export interface PassedOver {
  readonly route: ChosenRoute;
  readonly reason: FilterReason;
}

export class RouteWalk implements RouteChoice {
  readonly #options: RouteWalkOptions;
  readonly #plans: ModelPlan[] = [];
  readonly #tried: TriedRoute[] = [];
  readonly #held: HeldRoute[] = [];
  readonly #passedOver: PassedOver[] = [];
  /** Names of models whose turn comes after the routes at hand. */
  readonly #fallbacks: string[] = [];
  #ordered: readonly ChosenRoute[] = [];
  #at = 0;
  #counted = 0;
  /** The route whose wait is over; its repeat has been charged. */
  #awaited: ChosenRoute | null = null;
  #waits = 0;
  #remainingMs = 0;
  /** The first route that could not say the request. */
  refusal: TranslationRefusal | null = null;

  constructor(model: PreparedModel, options: RouteWalkOptions) {
    this.#options = options;
    this.#enter(model);
  }

  /** The plans so far: the model asked for, then those that it fell back to. */
  get plans(): readonly ModelPlan[] {
    return this.#plans;
  }

  /** Routes that were planned but could not be called when their turn came. */
  get passedOver(): readonly PassedOver[] {
    return this.#passedOver;
  }

  get held(): readonly HeldRoute[] {
    return this.#held;
  }

  /** Asked before each call; what it answers with `call` has its permit and must be called. */
  next(remainingMs: number): NextStep {
    this.#remainingMs = remainingMs;
    if (this.#counted >= this.#options.request.generation.config.retry.maxAttempts) return END;
    const awaited = this.#awaited;
    this.#awaited = null;
    const step = awaited === null ? null : this.#call(awaited, true);
    return step ?? this.#untried() ?? this.#again();
  }

  /** What became of the call of the latest step. */
  onFailure(route: ChosenRoute, failure: AttemptFailure): void {
    let tried = this.#find(route);
    if (tried === undefined) {
      tried = { route, failures: 0, hasUsedFreeCall: false, isLeft: false, last: failure };
      this.#tried.push(tried);
    }
    tried.last = failure;
    tried.failures += 1;
    if (!failure.isSent && !tried.hasUsedFreeCall) tried.hasUsedFreeCall = true;
    else this.#counted += 1;
  }

  /** A route whose provider had no free place in time: as if it had been tried, but nobody was called. */
  onBusy(route: ChosenRoute): void {
    this.#passedOver.push({ route, reason: 'busy' });
  }

  /**
   * For a client's fault that another model may not mind.
   * @returns whether there is such a model
   */
  reroute(from: PreparedModel, { reroute: reason }: AttemptFailure): boolean {
    const name = reason === null ? undefined : from.config.fallbacksOn[reason];
    const model = name === undefined ? undefined : this.#options.modelNamed(name);
    if (model === undefined || this.#isKnown(model)) return false;
    // The others of the model that refused would refuse as well.
    this.#fallbacks.length = 0;
    this.#held.length = 0;
    for (const tried of this.#tried) tried.isLeft = true;
    this.#enter(model);
    return true;
  }

  noRouteError(): GatewayError {
    return toNoRouteError(this.#options.asked, this, this.#options.request.needs);
  }

  /** Plans every fallback and tries every body, as if all routes were to be called. Calls nobody. */
  lookAhead(): void {
    for (;;) {
      for (const route of this.#ordered) this.#bodyFor(route);
      const name = this.#fallbacks.shift();
      if (name === undefined) return;
      this.#ordered = [];
      const model = this.#options.modelNamed(name);
      if (model !== undefined && !this.#isKnown(model)) this.#enter(model);
    }
  }

  /** How it went so far: a RoutingRecord as JSON. */
  recordJson(): string {
    const { needs } = this.#options.request;
    return toRoutingRecordJson({ plans: this.#plans, passedOver: this.#passedOver, needs });
  }

  /** Milliseconds until a route that was held back may be called; null when none was. */
  get soonestMs(): number | null {
    const limited = this.#tried.filter(({ last, isLeft }) => !isLeft && last.fault === 'limits');
    const waits = [...this.#held, ...limited].map(({ route: { stats } }) =>
      Math.max(stats.credential.coolingMs, stats.retryInMs),
    );
    return waits.length === 0 ? null : Math.min(...waits);
  }

  #enter(model: PreparedModel): void {
    const { planner, request } = this.#options;
    const plan = planner.plan(model, request);
    this.#plans.push(plan);
    this.#held.push(...plan.held);
    this.#ordered = plan.ordered;
    this.#at = 0;
    const { fallbacks, fallbacksOn } = model.config;
    const isCount = request.endpoint === 'messages.count_tokens';
    if (!isCount && plan.misfit === 'context_window' && fallbacksOn['contextWindow'] !== undefined) {
      this.#fallbacks.push(fallbacksOn['contextWindow']);
    }
    // Another model's count is no answer.
    if (!isCount) this.#fallbacks.push(...fallbacks);
  }

  #isKnown(model: PreparedModel): boolean {
    return this.#plans.some((plan) => plan.model === model);
  }

  #find(route: ChosenRoute): TriedRoute | undefined {
    return this.#tried.find((tried) => tried.route.stats === route.stats);
  }

  #untried(): NextStep | null {
    for (;;) {
      for (; this.#at < this.#ordered.length;) {
        const route = this.#ordered[this.#at];
        this.#at += 1;
        // Two models may share a route: the second time it is a repeat, and those come last.
        const isNew = route !== undefined && this.#find(route) === undefined;
        const step = isNew ? this.#call(route, false) : null;
        if (step !== null) return step;
      }
      const name = this.#fallbacks.shift();
      if (name === undefined) return null;
      const model = this.#options.modelNamed(name);
      if (model !== undefined && !this.#isKnown(model)) this.#enter(model);
    }
  }

  /** Null when the route may not be called now. */
  #call(route: ChosenRoute, isCharged: boolean): NextStep | null {
    const { obstacle } = route.stats;
    if (obstacle !== null) return this.#hold(route, obstacle);
    const upstreamBody = this.#bodyFor(route);
    if (upstreamBody === null) return null;
    if (!isCharged && !this.#charge(route)) {
      this.#passedOver.push({ route, reason: 'retry_budget' });
      return null;
    }
    const permit = route.stats.acquire();
    if (permit === null) return this.#hold(route, 'breaker_open');
    return this.#granted(route, permit, upstreamBody);
  }

  #granted(route: ChosenRoute, permit: CallPermit, upstreamBody: Buffer): NextStep {
    if (!this.#hasCalled(route)) route.stats.provider.budget.onRequest();
    return { kind: 'call', route, permit, upstreamBody };
  }

  /**
   * A second call of the same provider is a repeat, unless nothing of the first one was sent.
   * @returns false when its retry budget is used up
   */
  #charge(route: ChosenRoute): boolean {
    const tried = this.#find(route);
    const isFree = tried === undefined ? !this.#hasCalled(route) : !tried.last.isSent && tried.failures === 1;
    return isFree || route.stats.provider.budget.tryRetry();
  }

  #hasCalled({ stats }: ChosenRoute): boolean {
    return this.#tried.some(({ route }) => route.stats.provider === stats.provider);
  }

  #hold(route: ChosenRoute, reason: HeldRoute['reason']): null {
    if (!this.#held.some((held) => held.route === route)) this.#held.push({ route, reason });
    this.#passedOver.push({ route, reason });
    return null;
  }

  #bodyFor(route: ChosenRoute): Buffer | null {
    const { target } = route;
    try {
      return target.adapter.toUpstreamBody(this.#options.body, target.provider, target.providerModel);
    } catch (error) {
      if (!(error instanceof TranslationRefusal)) throw error;
      this.refusal ??= error;
      this.#passedOver.push({ route, reason: 'untranslatable' });
      return null;
    }
  }

  /** Every route had its turn: those that may still serve, after a wait. */
  #again(): NextStep {
    // A route that is held back again when its wait is over is not waited for without end.
    if (this.#waits >= this.#options.request.generation.config.retry.maxAttempts) return END;
    return this.#afterBackoff() ?? this.#afterCooldown() ?? this.#leastBad() ?? END;
  }

  /** A provider that failed may be well again. Fewest failures first. */
  #afterBackoff(): NextStep | null {
    const { request } = this.#options;
    const candidates = this.#tried
      .filter(
        ({ route, last, isLeft }) => !isLeft && last.fault === 'provider' && route.stats.obstacle === null,
      )
      .sort((left, right) => left.failures - right.failures);
    const { retry } = request.generation.config;
    for (const { route, failures, last } of candidates) {
      const hintMs = last.retryAfterMs ?? 0;
      if (hintMs > retry.maxRetryAfterWaitMs) continue;
      const ms = Math.max(hintMs, backoffMs(failures, retry, request.random));
      // A wait that the deadline would end is no use to anybody.
      if (ms < this.#remainingMs && this.#charge(route)) return this.#waitFor(route, ms);
    }
    return null;
  }

  /** The provider's own time, when it is short. A quota does not come back so soon. */
  #afterCooldown(): NextStep | null {
    const limitMs = Math.min(
      this.#remainingMs,
      this.#options.request.generation.config.retry.maxRetryAfterWaitMs,
    );
    let best: ChosenRoute | null = null;
    let bestMs = limitMs;
    for (const route of this.#coolingRoutes()) {
      const ms = route.stats.credential.coolingMs;
      if (ms > bestMs || (best !== null && ms === bestMs)) continue;
      best = route;
      bestMs = ms;
    }
    if (best === null || !this.#charge(best)) return null;
    // Those who wait together do not all come back at once.
    const spreadMs = bestMs * COOLDOWN_SPREAD * this.#options.request.random();
    return this.#waitFor(best, Math.min(bestMs + spreadMs, this.#remainingMs));
  }

  *#coolingRoutes(): Iterable<ChosenRoute> {
    for (const { route } of this.#held) {
      if (isCoolingAlone(route) && this.#find(route) === undefined) yield route;
    }
    for (const { route, last, isLeft } of this.#tried) {
      if (!isLeft && last.fault === 'limits' && route.stats.retryInMs === 0) yield route;
    }
  }

  #waitFor(route: ChosenRoute, ms: number): NextStep {
    this.#awaited = route;
    this.#waits += 1;
    return { kind: 'wait', ms, route };
  }

  /** Every breaker is open and nobody was called: a few requests may look whether the least bad route is well again. */
  #leastBad(): NextStep | null {
    if (this.#tried.length > 0) return null;
    const [best] = this.#held
      .filter(({ route }) => route.stats.obstacle === 'breaker_open')
      .sort((left, right) => left.route.stats.retryInMs - right.route.stats.retryInMs);
    if (best === undefined) return null;
    const upstreamBody = this.#bodyFor(best.route);
    const permit = upstreamBody === null ? null : best.route.stats.acquireLeastBad();
    return upstreamBody === null || permit === null ? null : this.#granted(best.route, permit, upstreamBody);
  }
}

const END: NextStep = { kind: 'end' };

/** The part of a cooldown by which the end of the wait for it is spread. */
const COOLDOWN_SPREAD = 0.2;

/** Whether nothing but its credential's cooldown holds a route back. */
const isCoolingAlone = ({ stats }: ChosenRoute): boolean =>
  stats.obstacle === 'cooldown' && stats.retryInMs === 0;
