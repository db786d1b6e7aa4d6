import { type SelectQueryBuilder, sql } from 'kysely';
import type { SluiceDatabase } from '../database.js';
import type { SluiceSchema } from '../sluice-schema.js';
import type { RequestLogTable } from '../tables/request-log.table.js';
import { requestLogConditions } from './request-log-filter.js';
import type { RequestLogPosition } from './request-log-pages.repository.js';
import type { RequestLogFilter } from './request-log.repository.js';
import type { TeamScope } from './team-scope.js';

/** What to list. */
export interface RequestLogListRequest {
  readonly filter: RequestLogFilter;
  readonly scope: TeamScope;
  readonly limit: number;
  /** The `next` of the page before. */
  readonly before?: RequestLogPosition | undefined;
}

const LISTED = [
  ...(['event_id', 'request_id', 'occurred_at', 'key_id', 'key_name', 'team_id', 'endpoint'] as const),
  ...(['requested_model', 'provider', 'provider_model', 'stream', 'outcome', 'status'] as const),
  ...(['error_code', 'attempts', 'input_tokens', 'output_tokens', 'cached_input_tokens'] as const),
  ...(['cache_write_tokens', 'reasoning_tokens', 'cost_usd_nanos', 'cache'] as const),
  ...(['first_token_ms', 'total_ms'] as const),
] as const;

/** A row of a list. */
export type ListedRequest = Pick<RequestLogTable, (typeof LISTED)[number]>;

/** One page, newest first. */
export interface RequestLogList {
  readonly rows: readonly ListedRequest[];
  /** Undefined when nothing is older. */
  readonly next: RequestLogPosition | undefined;
}

/** How far an event's time may be from the one in its id: both are made at receipt, by one clock. */
const ID_TIME_SLACK_MS = 60 * 60_000;
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7/i;

/** What people look at: pages of the request log from its end, and one request. */
export class RequestLogListRepository {
  constructor(private readonly db: SluiceDatabase) {}

  /** The newest rows before a position in the order of `(occurred_at, event_id)`. */
  async list(request: RequestLogListRequest): Promise<RequestLogList> {
    // One more than asked for tells whether anything is older.
    const found = await this.listQuery({ ...request, limit: request.limit + 1 }).execute();
    const rows = found.slice(0, request.limit);
    const last = rows.at(-1);
    const isEnd = last === undefined || found.length <= request.limit;
    return {
      rows,
      next: isEnd ? undefined : { occurredAt: last.position, eventId: last.event_id },
    };
  }

  /** The request with this event id (a UUID), when the scope has it. */
  async findByEventId(eventId: string, scope: TeamScope): Promise<RequestLogTable | undefined> {
    const atMs = timeOfId(eventId);
    if (atMs !== undefined) {
      const found = await this.findByEventIdQuery(eventId, scope, atMs).executeTakeFirst();
      if (found !== undefined) return found;
    }
    // An id without a time, or made by a clock that jumped: one look into the key of each day.
    return this.findByEventIdQuery(eventId, scope).executeTakeFirst();
  }

  /** The queries themselves, for the test that compares their text with `__sql__/`. */
  listQuery({
    filter,
    scope,
    limit,
    before,
  }: RequestLogListRequest): SelectQueryBuilder<
    SluiceSchema,
    'request_log',
    ListedRequest & { position: string }
  > {
    let query = this.db
      .selectFrom('request_log')
      .select(LISTED)
      .select(
        sql<string>`to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`.as('position'),
      )
      .where(requestLogConditions(filter, scope));
    if (before !== undefined) {
      // The first says which partitions and which part of an index; the second is exact.
      query = query
        .where(sql<boolean>`occurred_at <= ${before.occurredAt}::timestamptz`)
        .where(
          sql<boolean>`(occurred_at, event_id) < (${before.occurredAt}::timestamptz, ${before.eventId}::uuid)`,
        );
    }
    return query.orderBy('occurred_at', 'desc').orderBy('event_id', 'desc').limit(limit);
  }

  /** @see listQuery @param aroundMs epoch time; only days near it are looked into */
  findByEventIdQuery(
    eventId: string,
    scope: TeamScope,
    aroundMs?: number,
  ): SelectQueryBuilder<SluiceSchema, 'request_log', RequestLogTable> {
    let query = this.db.selectFrom('request_log').selectAll().where('event_id', '=', eventId);
    if (aroundMs !== undefined) {
      query = query
        .where('occurred_at', '>=', new Date(aroundMs - ID_TIME_SLACK_MS))
        .where('occurred_at', '<=', new Date(aroundMs + ID_TIME_SLACK_MS));
    }
    // An event id is unique; its key holds the day too, so the newest is taken should that ever not hold.
    return query.where(requestLogConditions({}, scope)).orderBy('occurred_at', 'desc').limit(1);
  }
}

/** Epoch milliseconds of a UUIDv7, else undefined. */
function timeOfId(eventId: string): number | undefined {
  return UUID_V7.test(eventId) ? Number.parseInt(eventId.replace('-', '').slice(0, 12), 16) : undefined;
}
