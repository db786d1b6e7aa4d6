import { type RawBuilder, sql } from 'kysely';

/** A spool's progress as it is after the lock was had. */
export interface LockedProgressRow {
  readonly spool_id: string;
  /** `int8multirange` text. */
  readonly applied: string;
}

/** Parameters of {@link lockProgressSql}. */
export interface LockProgressParameters {
  readonly consumer: string;
  readonly stream: string;
  readonly spoolIds: readonly string[];
  readonly updatedAt: string;
}

/**
 * Locks the progress of these spools until the transaction ends, making what is missing, in order of their ids, and answers
 * what is applied by then: nobody else can apply a number of theirs in between.
 */
export const lockProgressSql = (parameters: LockProgressParameters): RawBuilder<LockedProgressRow> =>
  sql<LockedProgressRow>`
insert into consumer_progress as old (consumer, spool_id, stream, updated_at)
select ${parameters.consumer}, s.spool_id, ${parameters.stream}, ${parameters.updatedAt}::timestamptz
from unnest(${parameters.spoolIds}::uuid[]) as s(spool_id)
order by s.spool_id
on conflict (consumer, stream, spool_id) do update set
  updated_at = greatest(old.updated_at, excluded.updated_at)
returning spool_id, applied`;

/** Parameters of {@link addMetricMinutesSql}; both lists as JSON text. */
export interface AddMetricMinutesParameters {
  readonly rowsJson: string;
  /** `[{spool_id, applied, dead}]`, one per spool, ranges as multirange text. */
  readonly progressJson: string;
  readonly consumer: string;
  readonly stream: string;
}

/**
 * Adds to the minutes and to the progress in one statement. Rows go in by order of their key, so that two writers meet in
 * the same order. A number that becomes applied is dead no more.
 */
export const addMetricMinutesSql = (parameters: AddMetricMinutesParameters): RawBuilder<unknown> => sql`
with added as (
  insert into metric_minute as old (
    minute, model, provider, key_id, team_id, outcome, requests, attempts,
    input_tokens, output_tokens, cached_input_tokens, cache_write_tokens, reasoning_tokens, cost_usd_nanos,
    latency_sum_us, latency_buckets, first_token_sum_us, first_token_buckets)
  select * from json_to_recordset(${parameters.rowsJson}::json) as r(
    minute timestamptz, model text, provider text, key_id text, team_id text, outcome text, requests bigint,
    attempts bigint, input_tokens bigint, output_tokens bigint, cached_input_tokens bigint,
    cache_write_tokens bigint, reasoning_tokens bigint, cost_usd_nanos bigint,
    latency_sum_us bigint, latency_buckets integer[], first_token_sum_us bigint, first_token_buckets integer[])
  order by minute, team_id, key_id, model, provider, outcome
  on conflict (minute, team_id, key_id, model, provider, outcome) do update set
    requests = old.requests + excluded.requests,
    attempts = old.attempts + excluded.attempts,
    input_tokens = old.input_tokens + excluded.input_tokens,
    output_tokens = old.output_tokens + excluded.output_tokens,
    cached_input_tokens = old.cached_input_tokens + excluded.cached_input_tokens,
    cache_write_tokens = old.cache_write_tokens + excluded.cache_write_tokens,
    reasoning_tokens = old.reasoning_tokens + excluded.reasoning_tokens,
    cost_usd_nanos = old.cost_usd_nanos + excluded.cost_usd_nanos,
    latency_sum_us = old.latency_sum_us + excluded.latency_sum_us,
    latency_buckets = array(
      select coalesce(a, 0) + coalesce(b, 0)
      from unnest(old.latency_buckets, excluded.latency_buckets) with ordinality as both_of(a, b, place)
      order by place),
    first_token_sum_us = old.first_token_sum_us + excluded.first_token_sum_us,
    first_token_buckets = array(
      select coalesce(a, 0) + coalesce(b, 0)
      from unnest(old.first_token_buckets, excluded.first_token_buckets) with ordinality as both_of(a, b, place)
      order by place)
)
update consumer_progress as old set
  applied = old.applied + p.applied,
  dead = (old.dead + p.dead) - (old.applied + p.applied)
from json_to_recordset(${parameters.progressJson}::json) as p(
  spool_id uuid, applied int8multirange, dead int8multirange)
where old.consumer = ${parameters.consumer} and old.stream = ${parameters.stream} and old.spool_id = p.spool_id`;
