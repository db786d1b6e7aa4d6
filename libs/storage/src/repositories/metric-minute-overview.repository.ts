import { type RawBuilder, sql } from 'kysely';
import type { SluiceDatabase } from '../database.js';
import { LATENCY_BUCKETS_MS } from '../tables/metric-minute.table.js';
import type { MinuteSpan } from './metric-minute.repository.js';
import type { TeamScope } from './team-scope.js';

/** By what a group is a part of the whole. */
export type OverviewDimension = 'total' | 'step' | 'model' | 'provider' | 'team';

/** What a part of a span adds up to. Numbers beyond 2^53 are rounded to the nearest double. */
export interface OverviewGroup {
  readonly dimension: OverviewDimension;
  /** The begin of the step, or the model's, provider's or team's name; empty for the total. */
  readonly name: string;
  readonly requests: number;
  /** Ended as `failed` or `unknown`. */
  readonly failed: number;
  readonly rejected: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsdNanos: number;
  /** Counts by `LATENCY_BUCKETS_MS`, one more at the end for what is above. */
  readonly latencyBuckets: readonly number[];
  readonly firstTokenBuckets: readonly number[];
}

/** Whole minutes, cut into steps that begin with the span. */
export interface OverviewRequest {
  readonly span: MinuteSpan;
  readonly stepSeconds: number;
  readonly scope: TeamScope;
}

const BUCKET_COUNT = LATENCY_BUCKETS_MS.length + 1;

/** Reads what a span of `metric_minute` adds up to, and its parts, in one pass. */
export class MetricMinuteOverviewRepository {
  constructor(private readonly db: SluiceDatabase) {}

  /** Groups without a request are not there, the total always is. */
  read(request: OverviewRequest): Promise<OverviewGroup[]> {
    return this.db.transaction().execute(async (transaction) => {
      await this.settingsSql().execute(transaction);
      const { rows } = await this.readSql(request).execute(transaction);
      return rows;
    });
  }

  /**
   * For the transaction of one read. The planner cannot know how few groups come out and would sort the wide rows on disk
   * (900,000 rows: 2.0 s and 300 MB of files; hashed, as this makes it, 1.2 s and 20 MB of memory).
   * Hashes take up to four times this memory; what does not fit goes to files (180,000 groups: 40 MB instead of 206 MB).
   */
  settingsSql(): RawBuilder<unknown> {
    return sql`select set_config('enable_sort', 'off', true), set_config('work_mem', '16MB', true), set_config('jit', 'off', true)`;
  }

  /**
   * First by all labels at once, then each dimension of that: few rows go through the second half. The query itself, for
   * the test that compares its text with `__sql__/`.
   */
  readSql({ span, stepSeconds, scope }: OverviewRequest): RawBuilder<OverviewGroup> {
    const inScope = scope.kind === 'all' ? sql`true` : sql`team_id = any(${[...scope.teamIds]}::text[])`;
    return sql<OverviewGroup>`with parts as (
  select date_bin(make_interval(secs => ${stepSeconds}), minute, ${span.from}) as step, model, provider, team_id,
    sum(requests) as requests,
    coalesce(sum(requests) filter (where outcome in ('failed', 'unknown')), 0) as failed,
    coalesce(sum(requests) filter (where outcome = 'rejected'), 0) as rejected,
    sum(input_tokens) as input_tokens, sum(output_tokens) as output_tokens, sum(cost_usd_nanos) as cost_usd_nanos,
    ${bucketSums('latency_buckets')},
    ${bucketSums('first_token_buckets')}
  from metric_minute
  where minute >= ${span.from} and minute < ${span.to} and ${inScope}
  group by step, model, provider, team_id
)
select case when grouping(step) = 0 then 'step' when grouping(model) = 0 then 'model'
    when grouping(provider) = 0 then 'provider' when grouping(team_id) = 0 then 'team' else 'total' end as dimension,
  case when grouping(step) = 0 then to_char(step at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
    else coalesce(model, provider, team_id, '') end as name,
  ${total('requests')} as requests, ${total('failed')} as failed, ${total('rejected')} as rejected,
  ${total('input_tokens')} as "inputTokens", ${total('output_tokens')} as "outputTokens",
  ${total('cost_usd_nanos')} as "costUsdNanos",
  ${bucketTotals('latency_buckets')} as "latencyBuckets",
  ${bucketTotals('first_token_buckets')} as "firstTokenBuckets"
from parts
group by grouping sets ((step), (model), (provider), (team_id), ())`;
  }
}

type BucketColumn = 'latency_buckets' | 'first_token_buckets';

const places = Array.from({ length: BUCKET_COUNT }, (_, index) => index + 1);
const partName = (column: BucketColumn, place: number) => sql.ref(`${column}_${place}`);

/** Arrays add up place by place. */
const bucketSums = (column: BucketColumn): RawBuilder<unknown> =>
  sql.join(
    places.map((place) => sql`sum(${sql.ref(column)}[${sql.lit(place)}]) as ${partName(column, place)}`),
    sql`, `,
  );

const bucketTotals = (column: BucketColumn): RawBuilder<unknown> =>
  sql`array[${sql.join(
    places.map((place) => sql`coalesce(sum(${partName(column, place)}), 0)::float8`),
    sql`, `,
  )}]`;

const total = (column: string): RawBuilder<unknown> => sql`coalesce(sum(${sql.ref(column)}), 0)::float8`;
