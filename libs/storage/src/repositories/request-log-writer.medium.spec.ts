import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newRequestLogRow } from '../__fixtures__/new-request-log-row.js';
import { openMigratedDatabase } from '../__fixtures__/open-migrated-database.js';
import { dropPartitionsBefore } from '../partitions.js';
import type { NewRequestLogRow } from '../tables/request-log.table.js';
import { addDays, utcDay } from '../utc-day.js';
import { ConsumerProgressRepository } from './consumer-progress.repository.js';
import { type AppendResult, type DeadNumber, RequestLogWriter } from './request-log-writer.js';
import { RequestLogRepository } from './request-log.repository.js';
import { ALL_TEAMS } from './team-scope.js';

const SPOOL = 'a3c0f2e8-0000-4000-8000-000000000001';
const OTHER_SPOOL = 'a3c0f2e8-0000-4000-8000-000000000002';
const STREAM = 'SLUICE_REQUESTS';

let database: Awaited<ReturnType<typeof openMigratedDatabase>>;
let writer: RequestLogWriter;
let log: RequestLogRepository;
let progress: ConsumerProgressRepository;

beforeAll(async () => {
  database = await openMigratedDatabase();
  log = new RequestLogRepository(database.db);
  progress = new ConsumerProgressRepository(database.db);
});
beforeEach(async () => {
  await sql`truncate request_log, consumer_progress`.execute(database.db);
  writer = new RequestLogWriter({ db: database.db, retentionDays: 30 });
});
afterAll(() => database.close());

const append = (rows: readonly NewRequestLogRow[], dead: readonly DeadNumber[] = []): Promise<AppendResult> =>
  writer.appendBatch({ consumer: 'logger', stream: STREAM, rows, dead });
const count = async (): Promise<number> => (await log.countAndSums({}, ALL_TEAMS)).requests;
const ranges = () => progress.findByConsumer('logger', STREAM);

describe('appendBatch', () => {
  it('a row comes back as it was written', async () => {
    const routing = { strategy: 'weighted', model: 'm "ü"', candidates: [] };
    const row = newRequestLogRow({ error_message: 'quotes " \' \\ and ü 🙂', status: null, routing });
    expect(await append([row])).toEqual({ kind: 'committed', inserted: 1, outOfRange: [] });
    const [read] = await log.findByRequestId(row.request_id, ALL_TEAMS);
    expect(read).toEqual({
      ...row,
      occurred_at: new Date(row.occurred_at),
      logged_at: new Date(row.logged_at),
    });
  });

  it('the same event three times, in one batch and in later ones, is one row and one applied number', async () => {
    const row = newRequestLogRow();
    expect(await append([row, row])).toMatchObject({ inserted: 1 });
    expect(await append([row])).toMatchObject({ inserted: 0 });
    expect(await count()).toBe(1);
    expect(await ranges()).toEqual([{ spoolId: SPOOL, applied: '{[1,2)}', dead: '{}' }]);
  });

  it('applied numbers unite, per spool, whatever the order they come in', async () => {
    const row = (spool_seq: number, spool_id = SPOOL) => newRequestLogRow({ spool_seq, spool_id });
    await append([row(3), row(1), row(7, OTHER_SPOOL)]);
    await append([row(2), row(5)]);
    expect(await ranges()).toEqual([
      { spoolId: SPOOL, applied: '{[1,4),[5,6)}', dead: '{}' },
      { spoolId: OTHER_SPOOL, applied: '{[7,8)}', dead: '{}' },
    ]);
  });

  it('a dead number that is replayed moves to applied, and never back', async () => {
    const dead = [{ spoolId: SPOOL, spoolSeq: 4 }];
    await append([], dead);
    expect(await ranges()).toEqual([{ spoolId: SPOOL, applied: '{}', dead: '{[4,5)}' }]);
    await append([newRequestLogRow({ spool_seq: 4 })]);
    await append([], dead);
    expect(await ranges()).toEqual([{ spoolId: SPOOL, applied: '{[4,5)}', dead: '{}' }]);
  });

  it.each([
    ['a NUL', { error_message: 'a\u0000b' }],
    ['a lone surrogate', { error_message: 'a\ud800b' }],
    ['a number out of range', { status: 2 ** 40 }],
    ['a missing required column', { key_id: null as unknown as string }],
    ['an invalid id', { event_id: 'not-a-uuid' }],
    ['a huge cost', { cost_usd_nanos: 1e300 }],
  ])(
    'a row with %s is reported, nothing of its batch is written, and the others go in alone',
    async (_, bad) => {
      const good = newRequestLogRow({ spool_seq: 1 });
      const result = await append([good, newRequestLogRow({ spool_seq: 2, ...bad })]);
      expect(result).toMatchObject({ kind: 'data_error', code: expect.stringMatching(/^2[23]/) as unknown });
      expect(await count()).toBe(0);
      expect(await ranges()).toEqual([]);
      expect(await append([good])).toMatchObject({ kind: 'committed', inserted: 1 });
    },
  );

  it('what the server says about bad data does not repeat the data', async () => {
    const result = await append([newRequestLogRow({ event_id: 'somebody-private' })]);
    expect(JSON.stringify(result)).not.toContain('somebody-private');
  });

  it('a missing day within retention and up to 2 days ahead is made; other days are out of range', async () => {
    const today = utcDay(new Date());
    const at = (days: number, spool_seq: number) =>
      newRequestLogRow({ occurred_at: `${addDays(today, days)}T12:00:00.000Z`, spool_seq });
    const rows = [at(-31, 1), at(-30, 2), at(-1, 3), at(2, 4), at(3, 5)];
    const result = await append(rows);
    expect(result).toEqual({ kind: 'committed', inserted: 3, outOfRange: [rows[0], rows[4]] });
    expect(await ranges()).toEqual([{ spoolId: SPOOL, applied: '{[2,5)}', dead: '{}' }]);
  });

  it('a year 9999 is out of range and no partition is made for it', async () => {
    const row = newRequestLogRow({ occurred_at: '9999-12-31T23:59:59.999Z' });
    expect(await append([row])).toMatchObject({ inserted: 0, outOfRange: [row] });
  });

  it('a partition that was dropped behind our back is made again', async () => {
    await append([newRequestLogRow()]);
    await dropPartitionsBefore(database.db, 'request_log', addDays(utcDay(new Date()), 1));
    expect(await append([newRequestLogRow({ spool_seq: 2 })])).toMatchObject({
      kind: 'committed',
      inserted: 1,
    });
  });

  it('several writers with the same and crossing rows neither lose nor double any', async () => {
    const rows = Array.from({ length: 200 }, (_, index) =>
      newRequestLogRow({ spool_seq: index + 1, spool_id: index % 2 === 0 ? SPOOL : OTHER_SPOOL }),
    );
    const shuffled = Array.from({ length: 8 }, (_, n) => [...rows.slice(n * 20), ...rows.slice(0, n * 20)]);
    const results = await Promise.all(shuffled.map((batch) => append(batch.slice(0, 120))));
    const inserted = results.reduce(
      (sum, result) => sum + (result.kind === 'committed' ? result.inserted : 0),
      0,
    );
    await append(rows);
    expect(inserted).toBeLessThanOrEqual(200);
    expect(await count()).toBe(200);
  });

  it('sums are exact also where a number is not', async () => {
    const cost = Number.MAX_SAFE_INTEGER;
    await append([
      newRequestLogRow({ spool_seq: 1, cost_usd_nanos: cost }),
      newRequestLogRow({ spool_seq: 2, cost_usd_nanos: cost }),
    ]);
    const sums = await log.countAndSums({ outcome: 'succeeded' }, ALL_TEAMS);
    expect(sums).toMatchObject({ requests: 2, inputTokens: 24, costUsdNanos: 2n * BigInt(cost) });
  });

  it('a reader sees only the rows of its teams', async () => {
    const row = newRequestLogRow({ team_id: 'platform' });
    await append([row, newRequestLogRow({ spool_seq: 2 })]);
    const scope = { kind: 'teams', teamIds: ['platform'] } as const;
    expect((await log.countAndSums({}, scope)).requests).toBe(1);
    expect(await log.findByRequestId(row.request_id, { kind: 'teams', teamIds: [] })).toEqual([]);
    expect(await log.findByRequestId(row.request_id, scope)).toHaveLength(1);
  });
});
