import { type RawBuilder, type SelectQueryBuilder, sql } from 'kysely';
import type { SluiceDatabase } from '../database.js';
import type { SluiceSchema } from '../sluice-schema.js';
import type { TeamScope } from './team-scope.js';

/** What a span of minutes adds up to. Sums are bigints, because those of a year may outgrow a number. */
export interface MetricMinuteSums {
  readonly requests: bigint;
  readonly attempts: bigint;
  readonly inputTokens: bigint;
  readonly outputTokens: bigint;
  readonly cachedInputTokens: bigint;
  readonly cacheWriteTokens: bigint;
  readonly reasoningTokens: bigint;
  readonly costUsdNanos: bigint;
}

/** Reads of `metric_minute`, and its retention. Adding is `MetricMinuteWriter`'s. */
export class MetricMinuteRepository {
  constructor(private readonly db: SluiceDatabase) {}

  /** Adds up the minutes from `from` (included) to `to` (not included). */
  async sums(span: MinuteSpan, scope: TeamScope): Promise<MetricMinuteSums> {
    const row = await this.sumsQuery(span, scope).executeTakeFirstOrThrow();
    return {
      requests: BigInt(row.requests),
      attempts: BigInt(row.attempts),
      inputTokens: BigInt(row.input_tokens),
      outputTokens: BigInt(row.output_tokens),
      cachedInputTokens: BigInt(row.cached_input_tokens),
      cacheWriteTokens: BigInt(row.cache_write_tokens),
      reasoningTokens: BigInt(row.reasoning_tokens),
      costUsdNanos: BigInt(row.cost_usd_nanos),
    };
  }

  /** Deletes minutes before that moment, at most `limit` rows, and returns how many went: call again while it is `limit`. */
  async deleteBefore(moment: Date, limit: number): Promise<number> {
    const { numAffectedRows } = await this.deleteBeforeSql(moment, limit).execute(this.db);
    return Number(numAffectedRows ?? 0n);
  }

  /** Rows are found by place: they have no short key, and nobody updates a minute that old. */
  deleteBeforeSql(moment: Date, limit: number): RawBuilder<unknown> {
    return sql`delete from metric_minute
where ctid = any(array(select ctid from metric_minute where minute < ${moment} limit ${limit}))`;
  }

  /** The query itself, for the test that compares its text with `__sql__/`. */
  sumsQuery(
    span: MinuteSpan,
    scope: TeamScope,
  ): SelectQueryBuilder<SluiceSchema, 'metric_minute', Record<SumColumn, string>> {
    const sum = (column: SumColumn) => sql<string>`coalesce(sum(${sql.ref(column)}), 0)::text`.as(column);
    const query = this.db
      .selectFrom('metric_minute')
      .where('minute', '>=', span.from)
      .where('minute', '<', span.to)
      .select([
        sum('requests'),
        sum('attempts'),
        sum('input_tokens'),
        sum('output_tokens'),
        sum('cached_input_tokens'),
        sum('cache_write_tokens'),
        sum('reasoning_tokens'),
        sum('cost_usd_nanos'),
      ]);
    return scope.kind === 'all' ? query : query.where(sql<boolean>`team_id = any(${scope.teamIds}::text[])`);
  }
}

/** From the first moment (included) to the last (not included). */
export interface MinuteSpan {
  readonly from: Date;
  readonly to: Date;
}

type SumColumn =
  | 'requests'
  | 'attempts'
  | 'input_tokens'
  | 'output_tokens'
  | 'cached_input_tokens'
  | 'cache_write_tokens'
  | 'reasoning_tokens'
  | 'cost_usd_nanos';
