// Every stream and every durable consumer, in one place. Sizes and ages are far above the worst outage that a
// consumer should survive; a consumer that lags by half its stream is an alarm.
import {
  AUDIT_SUBJECTS,
  COOLDOWN_MAX_MS,
  DEAD_SUBJECTS,
  DEBUG_SUBJECTS,
  HEALTH_SUBJECTS,
  REQUEST_SUBJECTS,
} from '@sluice/contracts';

/** What is chosen for a stream; all else is the same for all: file, limits, discard old. */
export interface StreamDefinition {
  readonly subjects: readonly string[];
  readonly maxAgeMs: number;
  readonly maxBytes: number;
  /** How long the server remembers `Nats-Msg-Id`. It saves work and is never relied on. */
  readonly duplicateWindowMs: number;
}

/** What is chosen for a durable; all else is the same for all: DeliverAll, explicit ack, delivered until acked. */
export interface DurableDefinition {
  readonly stream: StreamName;
  /** Redelivery of what nobody settled or called `working()` for. */
  readonly ackWaitMs: number;
  /** Messages out at all instances of the consumer together. */
  readonly maxAckPending: number;
}

const HOURS_MS = 3_600_000;
const MINUTES_MS = 60_000;
const MIB = 1024 * 1024;
const MAX_AGE_MS = 72 * HOURS_MS;

export const STREAMS = {
  SLUICE_REQUESTS: {
    subjects: [REQUEST_SUBJECTS],
    maxAgeMs: MAX_AGE_MS,
    maxBytes: 8192 * MIB, // about 11 hours at 200 requests/s and 1 KiB an event
    duplicateWindowMs: 2 * MINUTES_MS,
  },
  SLUICE_AUDIT: {
    subjects: [AUDIT_SUBJECTS],
    maxAgeMs: MAX_AGE_MS,
    maxBytes: 512 * MIB,
    duplicateWindowMs: 2 * MINUTES_MS,
  },
  SLUICE_DEBUG: {
    subjects: [DEBUG_SUBJECTS],
    maxAgeMs: MAX_AGE_MS,
    maxBytes: 2048 * MIB,
    duplicateWindowMs: 2 * MINUTES_MS,
  },
  SLUICE_HEALTH: {
    subjects: [HEALTH_SUBJECTS],
    maxAgeMs: MAX_AGE_MS,
    maxBytes: 128 * MIB,
    duplicateWindowMs: 2 * MINUTES_MS,
  },
  SLUICE_DEAD: {
    subjects: [DEAD_SUBJECTS],
    maxAgeMs: MAX_AGE_MS,
    maxBytes: 1024 * MIB,
    duplicateWindowMs: 60 * MINUTES_MS, // a message that fails again and again is dead-lettered once
  },
} as const satisfies Record<string, StreamDefinition>;

/** Streams in the shape of NATS key-value buckets: the last message of each subject. Small: records are a few hundred bytes. */
export const BUCKETS = {
  KV_sluice_cooldowns: {
    subjects: ['$KV.sluice_cooldowns.>'],
    maxAgeMs: COOLDOWN_MAX_MS,
    maxBytes: 16 * MIB,
    duplicateWindowMs: 2 * MINUTES_MS,
  },
  KV_sluice_edges: {
    subjects: ['$KV.sluice_edges.>'],
    maxAgeMs: 5 * MINUTES_MS, // how long a silent edge is expected to answer before it is forgotten
    maxBytes: 16 * MIB,
    duplicateWindowMs: 2 * MINUTES_MS,
  },
} as const satisfies Record<string, StreamDefinition>;

/** Name of the stream behind a bucket. */
export type BucketStream = keyof typeof BUCKETS;

/** Name of a stream of ours. */
export type StreamName = keyof typeof STREAMS;

export const DURABLES = {
  'logger-requests': { stream: 'SLUICE_REQUESTS', ackWaitMs: 30_000, maxAckPending: 1024 },
  'metrics-requests': { stream: 'SLUICE_REQUESTS', ackWaitMs: 30_000, maxAckPending: 1024 },
  'export-requests': { stream: 'SLUICE_REQUESTS', ackWaitMs: 30_000, maxAckPending: 1024 },
} as const satisfies Record<string, DurableDefinition>;

/** Name of a durable consumer of ours. */
export type DurableName = keyof typeof DURABLES;
