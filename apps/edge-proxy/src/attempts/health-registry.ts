// The health of everything that this process calls, over all generations of its config.
import { CircuitBreaker, type BreakerTransition, RetryBudget } from '@sluice/resilience';
import type { GatewayConfig } from '@sluice/config-schema';
import type { PreparedTarget } from '../control/config-generation.js';
import type { HealthListener, HealthPlace } from './health-listener.js';
import { CredentialHealth, type HealthClock, ProviderHealth, RouteHealth } from './route-health.js';

/** Health of routes whose names clients made is dropped above this, the oldest that nobody calls first. */
const MAX_MADE_ROUTES = 10_000;
/** How many of the oldest are looked at for one that nobody calls. */
const LOOKED_AT = 100;
/** Cooldowns of credentials that were not used here; above it new ones are not kept. */
const MAX_HEARD_OF = 1_000;

/** A cooldown that another edge has seen. */
export interface RemoteCooldown {
  readonly provider: string;
  readonly credential: string;
  /** Wall clock, ms since the epoch. */
  readonly untilMs: number;
}

/** A breaker as operators see it. */
export interface BreakerReport extends HealthPlace {
  readonly state: 'closed' | 'open' | 'half-open';
  readonly isForced: boolean;
  readonly retryInMs: number;
  /** Milliseconds that the credential still cools down. */
  readonly coolingMs: number;
  readonly inFlight: number;
}

interface KnownBreaker {
  readonly place: HealthPlace;
  readonly breaker: CircuitBreaker;
}

interface KnownRoute extends KnownBreaker {
  readonly health: RouteHealth;
}

/** Finds the health of a target, and makes it the first time. */
export class HealthRegistry {
  readonly #clock: HealthClock;
  readonly #listener: HealthListener;
  readonly #byTarget = new WeakMap<PreparedTarget, RouteHealth>();
  readonly #routes = new Map<string, KnownRoute>();
  /** Keys of those whose names clients made, the oldest first. */
  readonly #made = new Set<string>();
  readonly #providers = new Map<string, KnownBreaker & { readonly health: ProviderHealth }>();
  readonly #credentials = new Map<string, CredentialHealth>();
  /** Cooldowns of credentials that this process has not used yet: monotonic end by key. */
  readonly #heardOf = new Map<string, number>();

  constructor(clock: HealthClock, listener: HealthListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  get clock(): HealthClock {
    return this.#clock;
  }

  /** @param config whose settings hold for what is made now */
  of(target: PreparedTarget, config: GatewayConfig): RouteHealth {
    return this.#byTarget.get(target) ?? this.#add(target, config);
  }

  /** The settings of a config that is in use from now on hold for everything that is known. */
  use({ circuitBreaker, retry }: GatewayConfig): void {
    for (const { breaker } of this.#routes.values()) breaker.reconfigure(circuitBreaker);
    for (const { breaker, health } of this.#providers.values()) {
      breaker.reconfigure(circuitBreaker);
      health.budget.reconfigure(retry.budgetRatio);
    }
  }

  /** Left alone until the provider's own time, whichever edge heard it. */
  applyRemoteCooldown({ provider, credential, untilMs }: RemoteCooldown): void {
    const leftMs = untilMs - this.#clock.wallNow();
    if (leftMs <= 0) return;
    const key = keyOf(provider, credential);
    const known = this.#credentials.get(key);
    if (known === undefined) this.#remember(key, this.#clock.now() + leftMs);
    else known.coolFor(leftMs);
  }

  /** A credential that the provider wants left alone; tells the others when that is news. */
  cool(
    target: PreparedTarget,
    health: RouteHealth,
    of: { readonly ms: number; readonly isQuota: boolean },
  ): void {
    if (!health.credential.coolFor(of.ms)) return;
    this.#listener.onCooldown({
      provider: target.provider.name,
      providerModel: target.providerModel,
      credential: target.credential,
      kind: of.isQuota ? 'quota' : 'rate_limit',
      untilMs: Math.round(this.#clock.wallNow() + of.ms),
    });
  }

  /**
   * Opens or closes breakers by hand, until `null` gives them back to themselves.
   * @param place the provider's own breaker when `providerModel` is null
   * @returns how many there were; those of models that were not called yet are not known
   */
  force(place: HealthPlace, state: 'open' | 'closed' | null): number {
    const known: readonly KnownBreaker[] =
      place.providerModel === null ? [...this.#providers.values()] : [...this.#routes.values()];
    const meant = known.filter(
      (one) => one.place.provider === place.provider && one.place.providerModel === place.providerModel,
    );
    for (const { breaker } of meant) breaker.force(state);
    return meant.length;
  }

  /** All breakers that exist: a provider's own first, then its models'. */
  report(): readonly BreakerReport[] {
    const ofProviders = [...this.#providers.values()].map((known) => toReport(known, null));
    const ofRoutes = [...this.#routes.values()].map((known) => toReport(known, known.health));
    return [...ofProviders, ...ofRoutes];
  }

  #add(target: PreparedTarget, config: GatewayConfig): RouteHealth {
    const known = this.#routes.get(target.healthKey);
    const health = known?.health ?? this.#make(target, config);
    // A name of the file is kept, whoever came first.
    if (!target.isMade) this.#made.delete(target.healthKey);
    this.#byTarget.set(target, health);
    return health;
  }

  #make(target: PreparedTarget, config: GatewayConfig): RouteHealth {
    if (target.isMade) this.#keepInBounds(target.healthKey);
    const { provider, providerModel, credential } = target;
    const place = { provider: provider.name, providerModel };
    const health = new RouteHealth({
      breaker: this.#makeBreaker(place, config),
      provider: this.#providerOf(target, config),
      credential: this.#credentialOf(provider.name, credential),
    });
    this.#routes.set(target.healthKey, { place, breaker: health.breaker, health });
    return health;
  }

  #providerOf({ provider, providerHealthKey: key }: PreparedTarget, config: GatewayConfig): ProviderHealth {
    const known = this.#providers.get(key);
    if (known !== undefined) return known.health;
    const place = { provider: provider.name, providerModel: null };
    const breaker = this.#makeBreaker(place, config);
    const budget = new RetryBudget({ ratio: config.retry.budgetRatio, now: this.#clock.now });
    const health = new ProviderHealth(breaker, budget);
    this.#providers.set(key, { place, breaker, health });
    return health;
  }

  #credentialOf(provider: string, credential: string): CredentialHealth {
    const key = keyOf(provider, credential);
    let health = this.#credentials.get(key);
    if (health === undefined) {
      health = new CredentialHealth(this.#clock.now);
      this.#credentials.set(key, health);
      const untilMs = this.#heardOf.get(key);
      if (untilMs !== undefined) health.coolFor(untilMs - this.#clock.now());
      this.#heardOf.delete(key);
    }
    return health;
  }

  /** Of a credential that may never be used here: bounded, what is over goes first. */
  #remember(key: string, untilMs: number): void {
    if (this.#heardOf.size >= MAX_HEARD_OF) {
      const nowMs = this.#clock.now();
      for (const [other, otherUntilMs] of this.#heardOf)
        if (otherUntilMs <= nowMs) this.#heardOf.delete(other);
      if (this.#heardOf.size >= MAX_HEARD_OF) return;
    }
    this.#heardOf.set(key, Math.max(untilMs, this.#heardOf.get(key) ?? 0));
  }

  #makeBreaker(place: HealthPlace, config: GatewayConfig): CircuitBreaker {
    return new CircuitBreaker({
      settings: config.circuitBreaker,
      now: this.#clock.now,
      random: this.#clock.random,
      onChange: (transition) => this.#tell(place, transition),
    });
  }

  #tell(place: HealthPlace, transition: BreakerTransition): void {
    this.#listener.onBreakerChange({
      ...place,
      state: transition.to === 'open' ? 'opened' : transition.to,
      reason: REASONS[transition.cause](transition),
      openForMs: transition.openForMs,
      isForced: transition.cause === 'forced',
    });
  }

  /** What is forgotten begins anew at its next call, closed; what a person holds is not forgotten. */
  #keepInBounds(added: string): void {
    this.#made.add(added);
    if (this.#made.size <= MAX_MADE_ROUTES) return;
    let looked = 0;
    for (const key of this.#made) {
      const known = this.#routes.get(key);
      looked += 1;
      if (looked > LOOKED_AT) return;
      if (known !== undefined && (known.health.inFlight > 0 || known.breaker.forced !== null)) continue;
      this.#made.delete(key);
      this.#routes.delete(key);
      return;
    }
  }
}

const keyOf = (provider: string, credential: string): string => JSON.stringify([provider, credential]);

const REASONS: Readonly<Record<BreakerTransition['cause'], (of: BreakerTransition) => string>> = {
  'failures-in-a-row': ({ failures }) => `${failures} failures in a row`,
  'failure-ratio': ({ failures, requests }) => `${failures} of ${requests} calls failed`,
  'probe-failed': () => 'a probe failed',
  probing: () => 'the next calls are probes',
  'probes-succeeded': () => 'the probes succeeded',
  forced: () => 'set by an operator',
  'force-lifted': () => 'given back to itself by an operator',
};

const toReport = ({ place, breaker }: KnownBreaker, health: RouteHealth | null): BreakerReport => ({
  ...place,
  state: breaker.state,
  isForced: breaker.forced !== null,
  retryInMs: Math.ceil(breaker.retryInMs()),
  coolingMs: Math.ceil(health?.credential.coolingMs ?? 0),
  inFlight: health?.inFlight ?? 0,
});
