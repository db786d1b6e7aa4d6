// What edges tell each other by NATS key-value buckets. Each record has one writer, so that no two can overwrite each other.
import { z } from 'zod';
import { COOLDOWN_KINDS } from './health-changed.event.js';

export const COOLDOWNS_BUCKET = 'sluice_cooldowns';
export const EDGES_BUCKET = 'sluice_edges';

/** Longest cooldown that is shared; what claims more is cut to it. */
export const COOLDOWN_MAX_MS = 24 * 3_600_000;

export const cooldownFactSchema = z.object({
  provider: z.string().min(1),
  /** Null when the credential cools down for every model. */
  providerModel: z.string().nullable(),
  /** Tells a provider's credentials apart without saying them. */
  credential: z.string().min(1),
  kind: z.enum(COOLDOWN_KINDS),
  /** Its end by the writer's clock, ms since the epoch: tells its facts apart. Other clocks need not agree, so nobody else counts with it. */
  untilMs: z.int().nonnegative(),
  /** How long it was when it was written. Its end: now and this for who hears it; the server's age taken off for who reads it later. */
  forMs: z.int().nonnegative(),
  /** The edge that was told. */
  instance: z.string(),
});
/** A credential that a provider told one edge not to use for a while. */
export type CooldownFact = z.infer<typeof cooldownFactSchema>;

export const edgeRecordSchema = z.object({
  instance: z.string().min(1),
  /** When the process began, ISO 8601 UTC. */
  startedAt: z.iso.datetime(),
  configVersion: z.string(),
  /** Port of its data plane. */
  port: z.int().nonnegative(),
});
/** An edge that is there: written every 10 s, removed at an orderly stop. */
export type EdgeRecord = z.infer<typeof edgeRecordSchema>;
