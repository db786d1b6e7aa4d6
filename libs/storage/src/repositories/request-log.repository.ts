import { type SelectQueryBuilder, sql } from 'kysely';
import type { SluiceDatabase } from '../database.js';
import type { SluiceSchema } from '../sluice-schema.js';
import type { RequestLogTable } from '../tables/request-log.table.js';
import { requestLogConditions } from './request-log-filter.js';
import type { TeamScope } from './team-scope.js';

/** Which requests to read. Absent fields do not filter. */
export interface RequestLogFilter {
  /** Received at or after this moment. */
  readonly from?: Date | undefined;
  /** Received before this moment. */
  readonly to?: Date | undefined;
  /** The model as asked for. */
  readonly requestedModel?: string | undefined;
  readonly provider?: string | undefined;
  readonly keyId?: string | undefined;
  readonly teamId?: string | undefined;
  readonly outcome?: string | undefined;
  readonly requestId?: string | undefined;
}

/** How many requests, and what they add up to. */
export interface RequestLogSums {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
  /** Nano-USD. A bigint, because the sum of all requests may outgrow a number. */
  readonly costUsdNanos: bigint;
}

/** A request id may repeat, being a label; nobody needs more of one than this. */
const MOST_ROWS_OF_ONE_REQUEST_ID = 100;

/** Reads of `request_log`. Writing is `appendRequestLogBatch`'s. */
export class RequestLogRepository {
  constructor(private readonly db: SluiceDatabase) {}

  /** The requests with this id, newest first, at most 100. */
  findByRequestId(requestId: string, scope: TeamScope): Promise<RequestLogTable[]> {
    return this.findByRequestIdQuery(requestId, scope).execute();
  }

  /** Counts and adds up what the filter leaves. Throws RangeError when tokens no longer fit a number. */
  async countAndSums(filter: RequestLogFilter, scope: TeamScope): Promise<RequestLogSums> {
    const row = await this.countAndSumsQuery(filter, scope).executeTakeFirstOrThrow();
    return {
      requests: row.requests,
      inputTokens: row.input_tokens,
      outputTokens: row.output_tokens,
      cachedInputTokens: row.cached_input_tokens,
      cacheWriteTokens: row.cache_write_tokens,
      reasoningTokens: row.reasoning_tokens,
      costUsdNanos: BigInt(row.cost_usd_nanos),
    };
  }

  /** The queries themselves, for the test that compares their text with `__sql__/`. */
  findByRequestIdQuery(requestId: string, scope: TeamScope): RequestLogSelect<RequestLogTable> {
    return this.db
      .selectFrom('request_log')
      .selectAll()
      .where(requestLogConditions({ requestId }, scope))
      .orderBy('occurred_at', 'desc')
      .orderBy('event_id', 'desc')
      .limit(MOST_ROWS_OF_ONE_REQUEST_ID);
  }

  /** @see countAndSums */
  countAndSumsQuery(filter: RequestLogFilter, scope: TeamScope): RequestLogSelect<SumsRow> {
    const sum = (column: TokenColumn) => sql<number>`coalesce(sum(${sql.ref(column)}), 0)::bigint`.as(column);
    return this.db
      .selectFrom('request_log')
      .where(requestLogConditions(filter, scope))
      .select([
        sql<number>`count(*)`.as('requests'),
        sum('input_tokens'),
        sum('output_tokens'),
        sum('cached_input_tokens'),
        sum('cache_write_tokens'),
        sum('reasoning_tokens'),
        sql<string>`coalesce(sum(cost_usd_nanos), 0)::text`.as('cost_usd_nanos'),
      ]);
  }
}

/** A query over the request log with such rows. */
export type RequestLogSelect<Row> = SelectQueryBuilder<SluiceSchema, 'request_log', Row>;

type TokenColumn =
  'input_tokens' | 'output_tokens' | 'cached_input_tokens' | 'cache_write_tokens' | 'reasoning_tokens';

type SumsRow = Record<TokenColumn | 'requests', number> & { cost_usd_nanos: string };
