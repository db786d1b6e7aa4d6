// What this edge sees of providers' health -> events for everybody, and cooldowns for the other edges.
import { type CooldownFact, HEALTH_EVENT_TYPE, type HealthChanged, healthSubject } from '@sluice/contracts';
import type { BreakerChange, CooldownBegan, HealthListener } from '../attempts/health-listener.js';
import { makeEventId } from './event-id.js';

/** The spool, as far as this file needs it. Never throws, never waits. */
export interface HealthSink {
  readonly spoolId: string;
  appendEvent(
    stream: 'SLUICE_HEALTH',
    event: {
      readonly eventId: string;
      readonly subject: string;
      readonly toJson: (spoolSeq: number) => string;
    },
  ): void;
}

/** What tells the other edges. Never throws, never waits. */
export interface CooldownSharing {
  share(cooldown: Omit<CooldownFact, 'forMs' | 'instance'>): void;
}

/** What a {@link HealthReporter} works with. */
export interface HealthReporterOptions {
  readonly sink: HealthSink;
  readonly cooldowns: CooldownSharing;
  readonly instance: string;
  /** Of the config in use. */
  readonly configVersion: () => string;
  /** Wall clock, ms. */
  readonly now: () => number;
}

/** A cooldown that is extended by less has not begun anew: hundreds of 429 at once are one event. */
const NEWS_MS = 1_000;
/** Credentials whose end is remembered; above it, each 429 may be an event. */
const MAX_REMEMBERED = 1_000;

type Facts = Pick<HealthChanged, 'provider' | 'providerModel' | 'state' | 'reason'> &
  Partial<Pick<HealthChanged, 'openForMs' | 'isForced' | 'credential' | 'kind' | 'untilMs'>>;

const COOLDOWN_REASONS = {
  rate_limit: 'the provider answered 429',
  quota: "the credential's money or quota is gone",
} as const;

/** Writes an event for each change of a breaker and each cooldown that began; shares the cooldowns. */
export class HealthReporter implements HealthListener {
  readonly #options: HealthReporterOptions;
  /** Until when a credential's cooldown was told. */
  readonly #told = new Map<string, number>();

  constructor(options: HealthReporterOptions) {
    this.#options = options;
  }

  onBreakerChange({ provider, providerModel, state, reason, openForMs, isForced }: BreakerChange): void {
    this.#write({ provider, providerModel, state, reason, openForMs, isForced });
  }

  onCooldown({ provider, providerModel, credential, kind, untilMs }: CooldownBegan): void {
    this.#options.cooldowns.share({ provider, providerModel, credential, kind, untilMs });
    if (!this.#isNews(JSON.stringify([provider, credential, kind]), untilMs)) return;
    const reason = COOLDOWN_REASONS[kind];
    this.#write({ provider, providerModel, state: 'cooldown', reason, credential, kind, untilMs });
  }

  #isNews(key: string, untilMs: number): boolean {
    const nowMs = this.#options.now();
    const toldMs = this.#told.get(key) ?? 0;
    if (toldMs > nowMs && untilMs < toldMs + NEWS_MS) return false;
    if (this.#told.size >= MAX_REMEMBERED) this.#told.clear();
    this.#told.set(key, untilMs);
    return true;
  }

  #write(facts: Facts): void {
    const { sink, instance, configVersion, now } = this.#options;
    const nowMs = now();
    const eventId = makeEventId(nowMs);
    const occurredAt = new Date(nowMs).toISOString();
    const known = {
      openForMs: null,
      isForced: false,
      credential: null,
      kind: null,
      untilMs: null,
      ...facts,
      instance,
      configVersion: configVersion(),
    };
    const toJson = (spoolSeq: number): string => {
      const data: HealthChanged = { eventId, spoolId: sink.spoolId, spoolSeq, occurredAt, ...known };
      return JSON.stringify({
        specversion: '1.0',
        id: eventId,
        source: `/sluice/edge/${instance}`,
        type: HEALTH_EVENT_TYPE,
        subject: eventId,
        time: occurredAt,
        datacontenttype: 'application/json',
        data,
      });
    };
    sink.appendEvent('SLUICE_HEALTH', {
      eventId,
      subject: healthSubject(facts.provider, facts.state),
      toJson,
    });
  }
}
