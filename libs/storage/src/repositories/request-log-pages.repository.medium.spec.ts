import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newRequestLogRow } from '../__fixtures__/new-request-log-row.js';
import { openMigratedDatabase, silentLog } from '../__fixtures__/open-migrated-database.js';
import { openDatabase, type SluiceDatabase } from '../database.js';
import type { NewRequestLogRow } from '../tables/request-log.table.js';
import { RequestLogPagesRepository } from './request-log-pages.repository.js';
import { RequestLogWriter } from './request-log-writer.js';
import type { RequestLogFilter } from './request-log.repository.js';
import { ALL_TEAMS, type TeamScope } from './team-scope.js';

let database: Awaited<ReturnType<typeof openMigratedDatabase>>;
let pages: RequestLogPagesRepository;

beforeAll(async () => {
  database = await openMigratedDatabase();
  pages = new RequestLogPagesRepository(database.db);
});
beforeEach(async () => {
  await sql`truncate request_log`.execute(database.db);
});
afterAll(() => database.close());

const write = (rows: readonly NewRequestLogRow[]) =>
  new RequestLogWriter({ db: database.db, retentionDays: 30 }).appendBatch({
    consumer: 'logger',
    stream: 'SLUICE_REQUESTS',
    rows,
    dead: [],
  });

/** Rows that queries have taken from the partitions so far; of one session, whose counts are flushed before. */
async function rowsRead(db: SluiceDatabase): Promise<number> {
  await sql`select pg_stat_force_next_flush()`.execute(db);
  const found = await sql<{ n: number }>`select sum(coalesce(idx_tup_fetch, 0) + seq_tup_read)::int as n
    from pg_stat_user_tables where relname like 'request_log%'`.execute(db);
  return found.rows[0]!.n;
}

async function readAll(
  limit: number,
  filter: RequestLogFilter = {},
  scope: TeamScope = ALL_TEAMS,
): Promise<string[]> {
  const ids: string[] = [];
  let after: Parameters<typeof pages.readPage>[0]['after'];
  do {
    const page = await pages.readPage({ filter, scope, limit, after });
    ids.push(...page.rows.map((row) => row.event_id));
    after = page.next;
    if (ids.length > 1_000) throw new Error('the pages do not end');
  } while (after !== undefined);
  return ids;
}

describe('readPage', () => {
  it('gives each row once, oldest first, when pages end between rows of one moment', async () => {
    const now = Date.now();
    const rows = Array.from({ length: 50 }, (_, index) =>
      newRequestLogRow({
        spool_seq: index + 1,
        occurred_at: new Date(now + Math.floor(index / 20)).toISOString(),
      }),
    );
    await write(rows);
    const wanted = rows
      .toSorted((a, b) => (a.occurred_at + a.event_id < b.occurred_at + b.event_id ? -1 : 1))
      .map((row) => row.event_id);
    for (const limit of [1, 7, 10, 25, 50, 51]) expect(await readAll(limit)).toEqual(wanted);
  });

  it('gives each row once when times differ by microseconds only', async () => {
    const second = new Date().toISOString().slice(0, 19);
    const rows = Array.from({ length: 9 }, (_, index) =>
      newRequestLogRow({ spool_seq: index + 1, occurred_at: `${second}.00000${9 - index}Z` }),
    );
    await write(rows);
    expect(await readAll(2)).toEqual(rows.map((row) => row.event_id).reverse());
  });

  it('gives times with what Postgres keeps of them, and attempts as the JSON text that they are', async () => {
    const row = newRequestLogRow({
      occurred_at: new Date().toISOString().replace('Z', '456Z'),
      logged_at: '2026-11-22T10:00:01.250Z',
    });
    await write([row]);
    const page = await pages.readPage({ filter: {}, scope: ALL_TEAMS, limit: 2 });
    expect(
      page.rows.map(({ attempts, ...rest }) => ({ ...rest, attempts: JSON.parse(attempts) as unknown })),
    ).toEqual([row]);
  });

  it.each<[string, RequestLogFilter, TeamScope]>([
    ['no filter', {}, ALL_TEAMS],
    ['two filters that all rows pass', { outcome: 'succeeded', teamId: 'default' }, ALL_TEAMS],
    ['the teams of a person', {}, { kind: 'teams', teamIds: ['default', 'other'] }],
  ])(
    'with %s, reads for a page about as many rows as it gives, though Postgres knows nothing of the table',
    async (_, filter, scope) => {
      const startMs = Date.now() - 60_000;
      const rows = Array.from({ length: 5_000 }, (_, index) =>
        newRequestLogRow({ spool_seq: index + 1, occurred_at: new Date(startMs + index).toISOString() }),
      );
      await write(rows);
      const after = { occurredAt: rows[100]!.occurred_at, eventId: rows[100]!.event_id };
      const db = openDatabase({
        url: database.url,
        poolSize: 1,
        applicationName: 'test',
        log: silentLog,
        neverSortsAll: true,
      });
      const before = await rowsRead(db);
      const to = new Date(startMs + 60_000);
      const page = await new RequestLogPagesRepository(db).readPage({
        filter: { ...filter, to },
        scope,
        limit: 10,
        after,
      });
      const read = (await rowsRead(db)) - before;
      await db.destroy();
      expect(page.rows.map((row) => row.event_id)).toEqual(rows.slice(101, 111).map((row) => row.event_id));
      expect(read).toBeLessThan(100);
    },
  );

  it('filters by time (from included, to excluded), labels and teams', async () => {
    const [first, second, third] = [0, 1, 2].map((index) =>
      newRequestLogRow({
        spool_seq: index + 1,
        occurred_at: new Date(Date.now() - 10_000 + index).toISOString(),
        team_id: index === 2 ? 'other' : 'default',
        provider: index === 0 ? 'a' : null,
      }),
    );
    await write([first!, second!, third!]);
    const from = new Date(second!.occurred_at);
    expect(await readAll(5, { from })).toEqual([second!.event_id, third!.event_id]);
    expect(await readAll(5, { to: from })).toEqual([first!.event_id]);
    expect(await readAll(5, { provider: 'a' })).toEqual([first!.event_id]);
    expect(await readAll(5, {}, { kind: 'teams', teamIds: ['other'] })).toEqual([third!.event_id]);
    expect(await readAll(5, {}, { kind: 'teams', teamIds: [] })).toEqual([]);
    expect(await readAll(5, { requestId: randomUUID() })).toEqual([]);
  });

  it('a reader that has gone is told so, and its query is ended on the server', async () => {
    await write([newRequestLogRow()]);
    const holder = await database.db.startTransaction().execute();
    await sql`lock table request_log in access exclusive mode`.execute(holder);
    const gone = new AbortController();
    const reading = pages.readPage({ filter: {}, scope: ALL_TEAMS, limit: 1, signal: gone.signal });
    const waiting = async (): Promise<number> => {
      const found = await sql<{ n: number }>`select count(*)::int as n from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(database.db);
      return found.rows[0]!.n;
    };
    await expect.poll(waiting).toBe(1);
    gone.abort(new Error('the client has gone'));
    await expect(reading).rejects.toThrow('the client has gone');
    await expect.poll(waiting).toBe(0);
    await holder.rollback().execute();
  });
});
