import type { Columns, RowOf } from './column-types.js';

/**
 * What the requests received in one minute add up to, by model × provider × key × team × outcome. An empty label means that
 * there was none. Primary key `(minute, team_id, key_id, model, provider, outcome)`.
 */
export const METRIC_MINUTE_COLUMNS = {
  /** Begin of the minute of receipt, UTC. */
  minute: 'timestamp with time zone',
  /** As asked for; empty when the request named no model that exists. */
  model: 'text',
  /** Who answered or failed last; empty when nobody was called. */
  provider: 'text',
  key_id: 'text',
  team_id: 'text',
  outcome: 'text',
  requests: 'bigint',
  attempts: 'bigint',
  input_tokens: 'bigint',
  output_tokens: 'bigint',
  cached_input_tokens: 'bigint',
  cache_write_tokens: 'bigint',
  reasoning_tokens: 'bigint',
  cost_usd_nanos: 'bigint',
  /** Whole microseconds, so that sums do not depend on the order in which they were made. */
  latency_sum_us: 'bigint',
  /** Counts by {@link LATENCY_BUCKETS_MS}, one more at the end for what is above; they add up to `requests`. */
  latency_buckets: 'integer[]',
  first_token_sum_us: 'bigint',
  /** As `latency_buckets`; they add up to the requests that had a first token. */
  first_token_buckets: 'integer[]',
} as const satisfies Columns;

/** A row as it is read. */
export type MetricMinuteTable = RowOf<typeof METRIC_MINUTE_COLUMNS>;

/** What is added up; sums of many events may outgrow a number before they are written. */
type SummedColumn = {
  [Name in keyof typeof METRIC_MINUTE_COLUMNS]: (typeof METRIC_MINUTE_COLUMNS)[Name] extends 'bigint'
    ? Name
    : never;
}[keyof typeof METRIC_MINUTE_COLUMNS];

/** A row as it is written: what to add to the minute, which is ISO 8601 text in UTC. */
export type NewMetricMinuteRow = Readonly<
  Omit<MetricMinuteTable, SummedColumn | 'minute'> & Record<SummedColumn, bigint> & { minute: string }
>;

/**
 * Upper bounds (inclusive) of the latency buckets, in milliseconds. Stored counts have no other key than their place, so
 * these never change; a finer set would be a column of its own.
 */
export const LATENCY_BUCKETS_MS: readonly number[] = [
  5, 10, 20, 35, 50, 75, 100, 150, 200, 350, 500, 750, 1_000, 1_500, 2_000, 3_500, 5_000, 7_500, 10_000,
  15_000, 20_000, 35_000, 60_000, 120_000, 300_000, 600_000,
];
