// What the attempts tell of a provider's health; `reporting/` makes events and shared facts of it.

/** What a breaker, or a credential's cooldown, belongs to. */
export interface HealthPlace {
  readonly provider: string;
  /** The provider's name of the model; null when the whole provider is meant. */
  readonly providerModel: string | null;
}

/** A breaker that changed. */
export interface BreakerChange extends HealthPlace {
  readonly state: 'opened' | 'half-open' | 'closed';
  /** Our own words, e.g. "5 failures in a row, the last: it answered 503". */
  readonly reason: string;
  /** How long it stays open, milliseconds; null unless it opened. */
  readonly openForMs: number | null;
  /** Opened or closed by a person. */
  readonly isForced: boolean;
}

/** A credential that is left alone for a while: the provider said so. */
export interface CooldownBegan extends HealthPlace {
  /** Tells credentials of a provider apart without saying them: the first 16 hex digits of a keyed digest. */
  readonly credential: string;
  /** `rate_limit`: a 429; `quota`: the money or quota is gone. */
  readonly kind: 'rate_limit' | 'quota';
  /** Wall clock, ms since the epoch. */
  readonly untilMs: number;
}

/** Hears of it, in the turn in which it happens; never throws, never waits. */
export interface HealthListener {
  onBreakerChange(change: BreakerChange): void;
  onCooldown(cooldown: CooldownBegan): void;
}
