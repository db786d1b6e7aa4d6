// `/api/requests`: the request log, page by page, and one request with its attempts.
import { z } from 'zod';
import { REQUEST_OUTCOMES, requestCompletedSchema } from '../events/request-completed.event.js';
import { routingRecordSchema } from '../events/routing-record.schema.js';

/** Rows of a page when `limit` is absent, and the most it may be. */
export const REQUEST_PAGE_DEFAULT = 50;
export const REQUEST_PAGE_MOST = 500;

// Postgres holds no NUL: what has one equals nothing that is stored.
const text = z
  .string()
  .min(1)
  .max(256)
  .refine((value) => !value.includes('\0'));
const moment = z.iso.datetime({ offset: true });

/** Query of `GET /api/requests`. Absent fields do not filter. */
export const requestListQuerySchema = z.strictObject({
  /** Received at or after, ISO 8601. */
  from: moment.optional(),
  /** Received before, ISO 8601. */
  to: moment.optional(),
  /** As asked for. */
  model: text.optional(),
  provider: text.optional(),
  /** A key's id. */
  key: text.optional(),
  team: text.optional(),
  outcome: z.enum(REQUEST_OUTCOMES).optional(),
  requestId: text.optional(),
  /** `nextCursor` of the page before; with the same filters. */
  cursor: text.optional(),
  limit: z.coerce.number().int().min(1).max(REQUEST_PAGE_MOST).optional(),
});
export type RequestListQuery = z.infer<typeof requestListQuerySchema>;

/** A request in a list: the event without its attempts and what only the detail shows. */
export const requestSummarySchema = requestCompletedSchema
  .pick({
    eventId: true,
    requestId: true,
    occurredAt: true,
    keyId: true,
    keyName: true,
    teamId: true,
    endpoint: true,
    requestedModel: true,
    provider: true,
    providerModel: true,
    stream: true,
    outcome: true,
    status: true,
    errorCode: true,
    tokens: true,
    costUsdNanos: true,
    cache: true,
  })
  .extend({
    /** How many upstream calls it took. */
    attemptCount: z.int().nonnegative(),
    firstTokenMs: z.number().nullable(),
    totalMs: z.number(),
  });
export type RequestSummary = z.infer<typeof requestSummarySchema>;

/** Answer of `GET /api/requests`, newest first. */
export const requestPageSchema = z.object({
  items: z.array(requestSummarySchema),
  /** For the next page; null when this is the last. */
  nextCursor: z.string().nullable(),
});
export type RequestPage = z.infer<typeof requestPageSchema>;

/** Answer of `GET /api/requests/:eventId`: the event as it is stored. */
export const requestDetailSchema = requestCompletedSchema.omit({ user: true, tags: true }).extend({
  /** When the row was written, ISO 8601 UTC. */
  loggedAt: z.iso.datetime(),
  /** Null when no routes were chosen, or by an edge that did not say. */
  routing: routingRecordSchema.nullable(),
});
export type RequestDetail = z.infer<typeof requestDetailSchema>;
