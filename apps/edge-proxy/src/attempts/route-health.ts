// What one process knows of the health of a route, of its provider and of its credential.
import type { CircuitBreakerConfig, RetryConfig } from '@sluice/config-schema';
import { type BreakerOutcome, type CircuitBreaker, PeakEwma, type RetryBudget } from '@sluice/resilience';
import type { AttemptFailure } from './attempt-failure.js';
import type { RouteStats } from './route-stats.js';

/** Why a route may not be called now. */
export type Obstacle = 'breaker_open' | 'cooldown';

/** What time it is, and what chance says; injected. */
export interface HealthClock {
  /** Monotonic, milliseconds. */
  readonly now: () => number;
  /** Wall clock, ms since the epoch. */
  readonly wallNow: () => number;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

/** A provider as a whole: its address answers or does not, and how many repeats it has to bear. */
export class ProviderHealth {
  readonly breaker: CircuitBreaker;
  readonly budget: RetryBudget;

  constructor(breaker: CircuitBreaker, budget: RetryBudget) {
    this.breaker = breaker;
    this.budget = budget;
  }
}

/** A credential at a provider: left alone while the provider says so. */
export class CredentialHealth {
  readonly #now: () => number;
  #untilMs = 0;
  #rateLimitsInRow = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** How long it still has to be left alone, milliseconds; 0 when it may be used. */
  get coolingMs(): number {
    return this.#untilMs === 0 ? 0 : Math.max(0, this.#untilMs - this.#now());
  }

  /** Rate limits since it last served; for the wait when the provider names none. */
  get rateLimitsInRow(): number {
    return this.#rateLimitsInRow;
  }

  /**
   * A longer cooldown extends, a shorter one never shortens.
   * @returns whether it extended
   */
  coolFor(ms: number): boolean {
    const untilMs = this.#now() + ms;
    if (untilMs <= this.#untilMs) return false;
    this.#untilMs = untilMs;
    return true;
  }

  onRateLimit(): void {
    this.#rateLimitsInRow += 1;
  }

  onServed(): void {
    this.#rateLimitsInRow = 0;
  }
}

/** One route: provider × model × credential. */
export class RouteHealth implements RouteStats {
  readonly breaker: CircuitBreaker;
  readonly provider: ProviderHealth;
  readonly credential: CredentialHealth;
  readonly #firstToken = new PeakEwma();
  readonly #answer = new PeakEwma();
  inFlight = 0;

  constructor(parts: {
    readonly breaker: CircuitBreaker;
    readonly provider: ProviderHealth;
    readonly credential: CredentialHealth;
  }) {
    this.breaker = parts.breaker;
    this.provider = parts.provider;
    this.credential = parts.credential;
  }

  firstTokenMs(nowMs: number): number | null {
    return this.#firstToken.value(nowMs);
  }

  answerMs(nowMs: number): number | null {
    return this.#answer.value(nowMs);
  }

  observeFirstToken(ms: number, nowMs: number): void {
    this.#firstToken.observe(ms, nowMs);
  }

  observeAnswer(ms: number, nowMs: number): void {
    this.#answer.observe(ms, nowMs);
  }

  /** Null when it may be called now. */
  get obstacle(): Obstacle | null {
    if (this.credential.coolingMs > 0) return 'cooldown';
    return this.breaker.canAcquire() && this.provider.breaker.canAcquire() ? null : 'breaker_open';
  }

  /** Milliseconds until its breakers may let a call through. */
  get retryInMs(): number {
    return Math.max(this.breaker.retryInMs(), this.provider.breaker.retryInMs());
  }

  /** Both breakers' leave for one call; null when one of them refuses. */
  acquire(): CallPermit | null {
    return this.#permit(this.breaker.tryAcquire(), (breaker) => breaker.tryAcquire());
  }

  /** For a model of which no route may be called: a few calls go to the least bad one. */
  acquireLeastBad(): CallPermit | null {
    const acquire = (breaker: CircuitBreaker): number => breaker.tryAcquire() || breaker.tryAcquireLeastBad();
    return this.#permit(acquire(this.breaker), acquire);
  }

  #permit(ofRoute: number, acquire: (breaker: CircuitBreaker) => number): CallPermit | null {
    if (ofRoute === 0) return null;
    const ofProvider = acquire(this.provider.breaker);
    if (ofProvider === 0) {
      this.breaker.settle(ofRoute, 'ignored');
      return null;
    }
    return new CallPermit(this, ofRoute, ofProvider);
  }
}

/** One call's leave. Settled once; what comes after a success can still say that the stream broke. */
export class CallPermit {
  readonly health: RouteHealth;
  readonly #ofRoute: number;
  readonly #ofProvider: number;
  #isSettled = false;

  constructor(health: RouteHealth, ofRoute: number, ofProvider: number) {
    this.health = health;
    this.#ofRoute = ofRoute;
    this.#ofProvider = ofProvider;
  }

  /** The first content of a stream: a probe has succeeded by it, but the stream may still break. */
  begin(): void {
    if (this.#settle('begun', 'success')) this.health.credential.onServed();
  }

  /** The provider has served: a whole answer, or a stream to its end. */
  succeed(): void {
    if (this.#settle('success', 'success')) this.health.credential.onServed();
    else this.health.breaker.noteSuccess();
  }

  /** Nobody can say: the client went away, or the deadline ended the call. */
  release(): void {
    this.#settle('ignored', 'ignored');
  }

  fail({ fault, scope, status, isOurs }: AttemptFailure): void {
    // Our own machine at its limit says nothing of anybody.
    if (isOurs) return this.release();
    // Who answers at all is reachable, whatever it says.
    const ofProvider = status === null ? 'ignored' : 'success';
    if (fault !== 'provider') this.#settle('ignored', ofProvider);
    else if (scope === 'provider') this.#settle('ignored', 'failure');
    else if (!this.#settle('failure', ofProvider)) this.health.breaker.noteFailure();
  }

  #settle(ofRoute: PermitOutcome, ofProvider: PermitOutcome): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    this.health.breaker.settle(this.#ofRoute, ofRoute);
    this.health.provider.breaker.settle(this.#ofProvider, ofProvider);
    return true;
  }
}

type PermitOutcome = BreakerOutcome;

/** What the config says of health. */
export type HealthSettings = CircuitBreakerConfig & Pick<RetryConfig, 'budgetRatio'>;
