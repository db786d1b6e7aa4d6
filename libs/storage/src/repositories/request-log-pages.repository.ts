import { type SelectQueryBuilder, sql } from 'kysely';
import type { SluiceDatabase } from '../database.js';
import type { SluiceSchema } from '../sluice-schema.js';
import { REQUEST_LOG_COLUMNS, type RequestLogTable } from '../tables/request-log.table.js';
import { requestLogConditions } from './request-log-filter.js';
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

/** Columns of which Postgres makes the text. */
const MADE_TEXT = ['occurred_at', 'logged_at', 'attempts', 'routing'] as const;

/**
 * A row as an export writes it: times, `attempts` and `routing` are text, made by Postgres, so that a million rows need
 * neither a Date nor parsed JSON each.
 */
export type ExportedRequest = Omit<RequestLogTable, (typeof MADE_TEXT)[number]> & {
  /** ISO 8601 in UTC with microseconds: all that Postgres keeps of it. */
  readonly occurred_at: string;
  /** ISO 8601 in UTC with milliseconds. */
  readonly logged_at: string;
  /** A JSON array of attempts. */
  readonly attempts: string;
  /** A JSON object. */
  readonly routing: string | null;
};

/** One page, oldest first. */
export interface RequestLogPage {
  readonly rows: readonly ExportedRequest[];
  /** Undefined when there is nothing after it. */
  readonly next: RequestLogPosition | undefined;
}

const MICROSECONDS = sql.lit('YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
const MILLISECONDS = sql.lit('YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
const PLAIN_COLUMNS = Object.keys(REQUEST_LOG_COLUMNS).filter(isPlain);

type PlainColumn = Exclude<keyof typeof REQUEST_LOG_COLUMNS, (typeof MADE_TEXT)[number]>;

function isPlain(column: string): column is PlainColumn {
  return !MADE_TEXT.some((made) => made === column);
}

/** Reads many rows of `request_log`, each page in a transaction of its own, so that no snapshot is held for long. */
export class RequestLogPagesRepository {
  /** `db` is opened with `neverSortsAll`, so that no page reads more rows than it has to. */
  constructor(private readonly db: SluiceDatabase) {}

  /** The rows after a position in the order of `(occurred_at, event_id)`. Rejects with the signal's reason when that aborts. */
  async readPage(request: RequestLogPageRequest): Promise<RequestLogPage> {
    const { signal, limit } = request;
    const rows = await this.readPageQuery(request).execute(
      signal === undefined ? undefined : { signal, inflightQueryAbortStrategy: 'cancel query' },
    );
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
  }: RequestLogPageRequest): SelectQueryBuilder<SluiceSchema, 'request_log', ExportedRequest> {
    let query = this.db
      .selectFrom('request_log')
      .select(PLAIN_COLUMNS)
      .select([
        sql<string>`to_char(occurred_at at time zone 'UTC', ${MICROSECONDS})`.as('occurred_at'),
        sql<string>`to_char(logged_at at time zone 'UTC', ${MILLISECONDS})`.as('logged_at'),
        sql<string>`attempts::text`.as('attempts'),
        sql<string | null>`routing::text`.as('routing'),
      ])
      .where(requestLogConditions(filter, scope));
    if (after !== undefined) {
      // The first says which partitions and which part of an index; the second is exact.
      query = query
        .where(sql<boolean>`occurred_at >= ${after.occurredAt}::timestamptz`)
        .where(
          sql<boolean>`(occurred_at, event_id) > (${after.occurredAt}::timestamptz, ${after.eventId}::uuid)`,
        );
    }
    // With the table's name, or Postgres would sort by the text of the same name and leave the index alone.
    return query.orderBy('request_log.occurred_at').orderBy('request_log.event_id').limit(limit);
  }
}
