// One event per request of the data plane, with every attempt inside it.
import { z } from 'zod';
import { routingRecordSchema } from './routing-record.schema.js';
import { tokenCountsSchema } from './token-counts.js';

/** How a request ended; the last part of its subject. */
export const REQUEST_OUTCOMES = [
  'succeeded',
  'failed',
  'cached',
  'rejected',
  'cancelled',
  'unknown',
] as const;
export type RequestOutcome = (typeof REQUEST_OUTCOMES)[number];

/** What the walk decided after an attempt. */
export const ATTEMPT_DECISIONS = [
  'served',
  'retry',
  'next_route',
  'give_up',
  'cancelled',
  'unknown',
] as const;
export type AttemptDecision = (typeof ATTEMPT_DECISIONS)[number];

const nanos = z.int();
const text = z.string();

export const requestAttemptSchema = z.object({
  /** `<eventId>.<n>`, n from 1. */
  attemptId: text,
  provider: text,
  providerModel: text,
  /** Milliseconds from receipt of the request. */
  startedMs: z.number(),
  durationMs: z.number(),
  /** The provider's HTTP status; null when none arrived. */
  status: z.int().nullable(),
  /** A code of `ATTEMPT_ERROR_CODES`, or of the main table; null when it served. */
  errorCode: text.nullable(),
  decision: z.enum(ATTEMPT_DECISIONS),
  tokens: tokenCountsSchema,
  costUsdNanos: nanos,
  /** Where the tokens come from. */
  usage: z.enum(['provider', 'estimated', 'none']),
});
export type RequestAttempt = z.infer<typeof requestAttemptSchema>;

export const requestCompletedSchema = z.object({
  /** UUIDv7 made by the edge at receipt. The one key of exactly-once. */
  eventId: z.uuid(),
  requestId: text,
  spoolId: z.uuid(),
  /** Dense per spool and stream, from 1. */
  spoolSeq: z.int().positive(),
  /** Receipt, ISO 8601 UTC with milliseconds; fixed in the intent record. */
  occurredAt: z.iso.datetime(),
  keyId: text,
  keyName: text,
  teamId: text,
  /** E.g. `chat.completions`, `embeddings`. */
  endpoint: text,
  requestedModel: text.nullable(),
  provider: text.nullable(),
  providerModel: text.nullable(),
  stream: z.boolean(),
  outcome: z.enum(REQUEST_OUTCOMES),
  /** The status the client saw; 499 when it had gone; null when unknown. */
  status: z.int().nullable(),
  errorCode: text.nullable(),
  /** Masked, at most 1 KiB. */
  errorMessage: text.nullable(),
  attempts: z.array(requestAttemptSchema),
  /** Null when no routes were chosen, e.g. for a rejected request; absent in older events. */
  routing: routingRecordSchema.nullable().optional(),
  tokens: tokenCountsSchema,
  costUsdNanos: nanos,
  priceSource: z.enum(['config', 'catalogue', 'provider', 'none']),
  timing: z.object({
    queueMs: z.number(),
    overheadMs: z.number(),
    firstTokenMs: z.number().nullable(),
    totalMs: z.number(),
  }),
  cache: z.enum(['hit', 'miss', 'bypass']),
  deduplicated: z.boolean(),
  user: text.nullable(),
  tags: z.array(text),
  traceId: text.nullable(),
  instance: text,
  configVersion: text,
});
/** A request that has ended. Strings are as received; `user` and `tags` come from the client. */
export type RequestCompleted = z.infer<typeof requestCompletedSchema>;

export const REQUEST_EVENT_TYPE = 'io.sluice.request.v1';
/** Most events that one message may carry. */
export const REQUEST_BATCH_MAX_EVENTS = 64;
/** Most bytes that one message may carry; NATS closes a connection at 1 MiB. */
export const REQUEST_BATCH_MAX_BYTES = 512 * 1024;
