// `GET /api/overview`: what a span of time came to, from the minute roll-ups.
import { z } from 'zod';

const moment = z.iso.datetime({ offset: true });

/** Query of `GET /api/overview`: the last hour when both are absent; at most 31 days. */
export const overviewQuerySchema = z.strictObject({
  from: moment.optional(),
  to: moment.optional(),
});
export type OverviewQuery = z.infer<typeof overviewQuerySchema>;

/** Sums. Numbers above 2^53 (9 million USD in nano-USD) are rounded to the nearest one that JSON can carry. */
const sumsSchema = z.object({
  requests: z.number().nonnegative(),
  /** Ended as `failed` or `unknown`. */
  failed: z.number().nonnegative(),
  /** Turned away by the gateway itself. */
  rejected: z.number().nonnegative(),
  inputTokens: z.number().nonnegative(),
  outputTokens: z.number().nonnegative(),
  costUsdNanos: z.number().nonnegative(),
  /** Quantiles from histogram buckets, in milliseconds; null without a request. */
  latencyMs: z.object({ p50: z.number().nullable(), p95: z.number().nullable() }),
  firstTokenMs: z.object({ p50: z.number().nullable(), p95: z.number().nullable() }),
});
export type OverviewSums = z.infer<typeof sumsSchema>;

/** Answer of `GET /api/overview`. */
export const overviewSchema = z.object({
  /** Whole minutes, ISO 8601 UTC: included, not included. */
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  /** Width of a point: a multiple of a minute, so that there are at most 240. */
  stepSeconds: z.int().positive(),
  total: sumsSchema,
  /** One for each step, oldest first, without gaps. */
  points: z.array(sumsSchema.extend({ at: z.iso.datetime() })),
  /** The most requests first, at most 20 each; an empty name: the request named none, or nobody was called. */
  models: z.array(sumsSchema.extend({ name: z.string() })),
  providers: z.array(sumsSchema.extend({ name: z.string() })),
  teams: z.array(sumsSchema.extend({ name: z.string() })),
});
export type Overview = z.infer<typeof overviewSchema>;
