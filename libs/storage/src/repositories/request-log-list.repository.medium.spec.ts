import { randomUUID } from 'node:crypto';
import { type CompiledQuery, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newRequestLogRow } from '../__fixtures__/new-request-log-row.js';
import { openMigratedDatabase } from '../__fixtures__/open-migrated-database.js';
import { RequestLogListRepository } from './request-log-list.repository.js';
import { RequestLogWriter } from './request-log-writer.js';
import { ALL_TEAMS } from './team-scope.js';

const DAYS = 5;
const ROWS_A_DAY = 4_000;
const DAY_MS = 86_400_000;
const startMs = Math.floor(Date.now() / DAY_MS) * DAY_MS - (DAYS - 1) * DAY_MS;

let database: Awaited<ReturnType<typeof openMigratedDatabase>>;
let lists: RequestLogListRepository;

/** As an edge makes it: the time, then anything. */
const idAt = (ms: number): string => {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7${randomUUID().slice(15)}`;
};
const known = { id: idAt(startMs + DAY_MS), occurredAt: new Date(startMs + DAY_MS).toISOString() };

beforeAll(async () => {
  database = await openMigratedDatabase();
  lists = new RequestLogListRepository(database.db);
  const rows = Array.from({ length: DAYS }, (_, day) =>
    newRequestLogRow({ spool_seq: day + 1, occurred_at: new Date(startMs + day * DAY_MS).toISOString() }),
  );
  const rare = newRequestLogRow({
    spool_seq: DAYS + 1,
    event_id: known.id,
    occurred_at: known.occurredAt,
    team_id: 'rare-team',
  });
  await new RequestLogWriter({ db: database.db, retentionDays: 30 }).appendBatch({
    consumer: 'test',
    stream: 'SLUICE_REQUESTS',
    rows: [...rows, rare],
    dead: [],
  });
  const columns = Object.keys(rows[0]!).filter(
    (name) => !['event_id', 'occurred_at', 'spool_seq'].includes(name),
  );
  const list = sql.join(columns.map((name) => sql.ref(name)));
  // Each first row of a day many times over, a few seconds apart.
  await sql`insert into request_log (event_id, occurred_at, spool_seq, ${list})
    select gen_random_uuid(), r.occurred_at + n * interval '20 seconds', r.spool_seq, ${list}
    from request_log r, generate_series(1, ${ROWS_A_DAY}) n where r.team_id <> 'rare-team'`.execute(
    database.db,
  );
  await sql`analyze request_log`.execute(database.db);
}, 120_000);
afterAll(() => database.close());

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Loops': number;
  readonly 'Actual Rows': number;
  readonly Plans?: readonly Plan[];
}

/** The scans that really ran, with how many rows came out of each. */
async function scansOf(
  query: CompiledQuery,
): Promise<{ kind: string; on: string; index: string; rows: number }[]> {
  const result = await database.db.executeQuery<{ 'QUERY PLAN': [{ Plan: Plan }] }>({
    ...query,
    sql: `explain (analyze, format json) ${query.sql}`,
  });
  const walk = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(walk)];
  return walk(result.rows[0]!['QUERY PLAN'][0].Plan)
    .filter((plan) => plan['Node Type'].includes('Scan') && plan['Actual Loops'] > 0)
    .map((plan) => ({
      kind: plan['Node Type'],
      on: plan['Relation Name'] ?? '',
      index: plan['Index Name'] ?? '',
      rows: plan['Actual Rows'],
    }));
}

describe('the plan of', () => {
  it('a page reads the newest rows of one day through an index, whatever is older', async () => {
    const scans = await scansOf(lists.listQuery({ filter: {}, scope: ALL_TEAMS, limit: 51 }).compile());
    expect(scans).toHaveLength(1);
    expect(scans[0]).toMatchObject({ kind: 'Index Scan', rows: 51 });
    expect(scans[0]!.index).toContain('occurred_at_event_id');
  });

  it('a page in the middle starts where the page before ended', async () => {
    const at = new Date(startMs + 2 * DAY_MS + 40_000_000).toISOString();
    const scans = await scansOf(
      lists
        .listQuery({
          filter: {},
          scope: ALL_TEAMS,
          limit: 51,
          before: { occurredAt: at, eventId: randomUUID() },
        })
        .compile(),
    );
    expect(scans).toHaveLength(1);
    expect(scans[0]).toMatchObject({ kind: 'Index Scan', rows: 51 });
  });

  it("a rare team's page reads its rows through the team's index", async () => {
    const scans = await scansOf(
      lists.listQuery({ filter: {}, scope: { kind: 'teams', teamIds: ['rare-team'] }, limit: 51 }).compile(),
    );
    expect(scans.map((scan) => scan.kind)).not.toContain('Seq Scan');
    expect(scans.reduce((sum, scan) => sum + scan.rows, 0)).toBeLessThanOrEqual(2);
  });

  it('one request looks into the key of its own day alone', async () => {
    const scans = await scansOf(lists.findByEventIdQuery(known.id, ALL_TEAMS, startMs + DAY_MS).compile());
    expect(scans.every((scan) => scan.index.endsWith('_pkey'))).toBe(true);
    expect(new Set(scans.map((scan) => scan.on)).size).toBeLessThanOrEqual(2);
  });

  it('one request whose id has no time looks into the key of each day, never into its rows', async () => {
    const scans = await scansOf(lists.findByEventIdQuery(randomUUID(), ALL_TEAMS).compile());
    expect(scans.map((scan) => scan.kind)).not.toContain('Seq Scan');
    expect(scans.reduce((sum, scan) => sum + scan.rows, 0)).toBe(0);
  });
});

describe('findByEventId', () => {
  it("gives the request to who sees its team, and to nobody else's", async () => {
    const found = await lists.findByEventId(known.id, { kind: 'teams', teamIds: ['x', 'rare-team'] });
    expect(found?.occurred_at.toISOString()).toBe(known.occurredAt);
    for (const teamIds of [[], ['default'], ['rare-team2']]) {
      expect(await lists.findByEventId(known.id, { kind: 'teams', teamIds })).toBeUndefined();
    }
  });

  it('an id from the end of time finds nothing', async () => {
    expect(await lists.findByEventId('ffffffff-ffff-7fff-bfff-ffffffffffff', ALL_TEAMS)).toBeUndefined();
  });
});

describe('list', () => {
  it('gives each row once, newest first, when times differ by microseconds only', async () => {
    const second = new Date(startMs + DAY_MS - 1_000).toISOString().slice(0, 19);
    const rows = Array.from({ length: 9 }, (_, index) =>
      newRequestLogRow({
        spool_seq: 100 + index,
        team_id: 'micro',
        occurred_at: `${second}.00000${index + 1}Z`,
      }),
    );
    await new RequestLogWriter({ db: database.db, retentionDays: 30 }).appendBatch({
      consumer: 'test',
      stream: 'SLUICE_REQUESTS',
      rows,
      dead: [],
    });
    const ids: string[] = [];
    let before: Parameters<typeof lists.list>[0]['before'];
    do {
      const page = await lists.list({ filter: { teamId: 'micro' }, scope: ALL_TEAMS, limit: 2, before });
      ids.push(...page.rows.map((row) => row.event_id));
      before = page.next;
    } while (before !== undefined && ids.length < 20);
    expect(ids).toEqual(rows.map((row) => row.event_id).reverse());
  });
});
