// A breaker that changed, or a credential's cooldown that began: what an edge saw of a provider.
import { z } from 'zod';

export const HEALTH_EVENT_TYPE = 'io.sluice.health.v1';

/** The last part of the subject. */
export const HEALTH_STATES = ['opened', 'half-open', 'closed', 'cooldown'] as const;
export type HealthState = (typeof HEALTH_STATES)[number];

/** Why a credential cools down: over the provider's limits, or out of money or quota. */
export const COOLDOWN_KINDS = ['rate_limit', 'quota'] as const;
export type CooldownKind = (typeof COOLDOWN_KINDS)[number];

export const healthChangedSchema = z.object({
  /** UUIDv7 made by the edge; also the CloudEvent's id. */
  eventId: z.uuid(),
  spoolId: z.uuid(),
  /** Dense per spool and stream, from 1. */
  spoolSeq: z.int().positive(),
  occurredAt: z.iso.datetime(),
  provider: z.string(),
  /** The provider's name of the model; null when the whole provider is meant. */
  providerModel: z.string().nullable(),
  state: z.enum(HEALTH_STATES),
  /** Our own words, e.g. "5 failures in a row, the last: it answered 503". */
  reason: z.string(),
  /** How long the breaker stays open; null unless it opened. */
  openForMs: z.number().nonnegative().nullable(),
  /** Whether a person opened or closed it. */
  isForced: z.boolean(),
  /** Of a cooldown: tells a provider's credentials apart without saying them; else null. */
  credential: z.string().nullable(),
  /** Of a cooldown, else null. */
  kind: z.enum(COOLDOWN_KINDS).nullable(),
  /** Of a cooldown: its end, ms since the epoch; else null. */
  untilMs: z.int().nullable(),
  /** The edge that saw it: breakers belong to one process. */
  instance: z.string(),
  configVersion: z.string(),
});
/** What one edge saw of a provider's health. */
export type HealthChanged = z.infer<typeof healthChangedSchema>;
