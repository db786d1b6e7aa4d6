import { type SelectQueryBuilder, sql } from 'kysely';
import type { SluiceDatabase } from '../database.js';
import type { SluiceSchema } from '../sluice-schema.js';
import type { RequestLogTable } from '../tables/request-log.table.js';
import type { RequestLogFilter } from './request-log.repository.js';
import type { TeamScope } from './team-scope.js';

/** Where a page ended. Postgres keeps microseconds, which a Date would lose: rows would come twice, or for ever. */
export interface RequestLogPosition {
  /** ISO 8601 in UTC with microseconds. */
  readonly occurredAt: string;
  readonly eventId: string;
}

/** What to read. */
export interface RequestLogPageRequest {
  readonly filter: RequestLogFilter;
  readonly scope: TeamScope;
  readonly limit: number;
  /** The `next` of the page before. */
  readonly after?: RequestLogPosition | undefined;
  /** Its abort cancels the query on the server too. */
  readonly signal?: AbortSignal;
}

/** A row as an export shows it: its time with all that Postgres keeps of it. */
export type ExportedRequest = Omit<RequestLogTable, 'occurred_at'> & { occurred_at: string };

/** One page, oldest first. */
export interface RequestLogPage {
  readonly rows: readonly ExportedRequest[];
  /** Undefined when there is nothing after it. */
  readonly next: RequestLogPosition | undefined;
}

type PageRow = RequestLogTable & { position: string };

/** Reads many rows of `request_log`, each page in a transaction of its own, so that no snapshot is held for long. */
export class RequestLogPagesRepository {
  constructor(private readonly db: SluiceDatabase) {}

  /** The rows after a position in the order of `(occurred_at, event_id)`. Rejects with the signal's reason when that aborts. */
  async readPage(request: RequestLogPageRequest): Promise<RequestLogPage> {
    const { signal, limit } = request;
    const found = await this.readPageQuery(request).execute(
      signal === undefined ? undefined : { signal, inflightQueryAbortStrategy: 'cancel query' },
    );
    const rows = found.map(({ position, ...row }) => ({ ...row, occurred_at: position }));
    const last = rows.at(-1);
    return {
      rows,
      next:
        last === undefined || rows.length < limit
          ? undefined
          : { occurredAt: last.occurred_at, eventId: last.event_id },
    };
  }

  /** The query itself, for the test that compares its text with `__sql__/`. */
  readPageQuery({
    filter,
    scope,
    limit,
    after,
  }: RequestLogPageRequest): SelectQueryBuilder<SluiceSchema, 'request_log', PageRow> {
    let query = this.db
      .selectFrom('request_log')
      .selectAll()
      .select(
        sql<string>`to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('position'),
      )
      .where(conditions(filter, scope));
    if (after !== undefined) {
      // The first says which partitions and which part of an index; the second is exact.
      query = query
        .where(sql<boolean>`occurred_at >= ${after.occurredAt}::timestamptz`)
        .where(
          sql<boolean>`(occurred_at, event_id) > (${after.occurredAt}::timestamptz, ${after.eventId}::uuid)`,
        );
    }
    return query.orderBy('occurred_at').orderBy('event_id').limit(limit);
  }
}

function conditions(filter: RequestLogFilter, scope: TeamScope): ReturnType<typeof sql<boolean>> {
  const equal = [
    ['requested_model', filter.requestedModel],
    ['provider', filter.provider],
    ['key_id', filter.keyId],
    ['team_id', filter.teamId],
    ['outcome', filter.outcome],
    ['request_id', filter.requestId],
  ] as const;
  const all = [
    scope.kind === 'all' ? undefined : sql`team_id = any(${scope.teamIds}::text[])`,
    filter.from && sql`occurred_at >= ${filter.from}`,
    filter.to && sql`occurred_at < ${filter.to}`,
    ...equal.map(([column, value]) => (value === undefined ? undefined : sql`${sql.ref(column)} = ${value}`)),
  ].filter((condition) => condition !== undefined);
  return all.length === 0 ? sql<boolean>`true` : sql<boolean>`${sql.join(all, sql` and `)}`;
}
