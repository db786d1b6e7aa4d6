// How the whole fleet is doing right now: one message a second on a core subject, kept nowhere. It is not a CloudEvent.
import { z } from 'zod';

/** Core NATS subject of the live numbers. */
export const LIVE_SUBJECT = 'sluice.v1.live';

const rate = z.number().nonnegative();
/** Null when no request of the span had one. */
const milliseconds = z.number().nonnegative().nullable();

const liveRatesSchema = z.object({
  requestsPerSecond: rate,
  /** Input and output together. */
  tokensPerSecond: rate,
  /** Requests that ended as `failed` or `unknown`. */
  errorsPerSecond: rate,
  /** From receipt to the last byte; within 5 % of the exact quantile. */
  latencyMs: z.object({ p50: milliseconds, p95: milliseconds }),
});
/** What the requests of a span come to. */
export type LiveRates = z.infer<typeof liveRatesSchema>;

export const liveNumbersSchema = z.object({
  /** End of the span, ISO 8601 UTC. */
  at: z.iso.datetime(),
  /** Whole seconds before `at` that the rates are over: 60, fewer while the publisher is young. */
  spanSeconds: z.int().min(1).max(60),
  /** Who says so. Every publisher hears the whole fleet, so a reader takes one of them and never adds. */
  instance: z.string(),
  total: liveRatesSchema,
  /** The busiest first, at most 100; further ones are together under `other`. */
  series: z.array(
    liveRatesSchema.extend({
      /** As asked for; empty when the request named none that exists. */
      model: z.string(),
      /** Empty when nobody was called. */
      provider: z.string(),
    }),
  ),
});
/** Rates of the last minute, over the fleet and by model × provider. */
export type LiveNumbers = z.infer<typeof liveNumbersSchema>;
