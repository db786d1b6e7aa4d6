import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newRequestLogRow } from './__fixtures__/new-request-log-row.js';
import { openMigratedDatabase } from './__fixtures__/open-migrated-database.js';
import { dropPartitionsBefore, ensureDailyPartitions, listPartitions } from './partitions.js';
import { RequestLogWriter } from './repositories/request-log-writer.js';

let database: Awaited<ReturnType<typeof openMigratedDatabase>>;
beforeAll(async () => {
  database = await openMigratedDatabase();
});
afterAll(() => database.close());

const names = async (): Promise<string[]> =>
  (await listPartitions(database.db, 'request_log')).map((partition) => partition.name);

describe('partitions', () => {
  it('several processes may make the same days at once: each day is made once', async () => {
    const made = await Promise.all(
      Array.from({ length: 4 }, () =>
        ensureDailyPartitions(database.db, 'request_log', '2026-02-27', '2026-03-02'),
      ),
    );
    expect(made.flat().sort()).toEqual(['2026-02-27', '2026-02-28', '2026-03-01', '2026-03-02']);
    expect(await names()).toContain('request_log_p20260228');
  });

  it('a new partition has every index of its table', async () => {
    const { rows } = await sql<{ table: string; indexes: number }>`
      select tablename as table, count(*) as indexes from pg_indexes
      where tablename in ('request_log', 'request_log_p20260301') group by tablename`.execute(database.db);
    expect(rows).toHaveLength(2);
    expect(rows[0]?.indexes).toBe(rows[1]?.indexes);
  });

  it('a partition is made and another dropped while a reader and a writer are in the middle of theirs', async () => {
    const { db } = database;
    await ensureDailyPartitions(db, 'request_log', '2026-03-05', '2026-03-05');
    await db.transaction().execute(async (tx) => {
      await sql`lock table request_log in row exclusive mode`.execute(tx);
      const made = await ensureDailyPartitions(db, 'request_log', '2026-03-06', '2026-03-06');
      expect(made).toEqual(['2026-03-06']);
    });
  });

  it('days before the first kept one are dropped, also those that a killed process left half detached', async () => {
    const { db } = database;
    await sql`alter table request_log detach partition request_log_p20260227`.execute(db);
    await interruptDetach('request_log_p20260228');
    const dropped = await dropPartitionsBefore(db, 'request_log', '2026-03-02');
    expect(dropped).toEqual(['request_log_p20260227', 'request_log_p20260228', 'request_log_p20260301']);
    expect(await names()).toEqual([
      'request_log_p20260302',
      'request_log_p20260305',
      'request_log_p20260306',
    ]);
  });

  it('a long reader does not make the drop wait for ever: it gives up and says so', async () => {
    const { db } = database;
    await db.transaction().execute(async (reader) => {
      await sql`select count(*) from request_log`.execute(reader);
      await expect(dropPartitionsBefore(db, 'request_log', '2026-03-03')).rejects.toMatchObject({
        code: '55P03',
      });
    });
    // What was begun is finished by the next call.
    expect(await dropPartitionsBefore(db, 'request_log', '2026-03-03')).toEqual(['request_log_p20260302']);
  });

  it('rows go on into other days while a partition is detached', async () => {
    const writer = new RequestLogWriter({
      db: database.db,
      retentionDays: 30,
      now: () => new Date('2026-03-06T12:00:00Z'),
    });
    const row = newRequestLogRow({ occurred_at: '2026-03-06T11:00:00.000Z' });
    const [result] = await Promise.all([
      writer.appendBatch({ consumer: 'logger', stream: 'S', rows: [row], dead: [] }),
      dropPartitionsBefore(database.db, 'request_log', '2026-03-06'),
    ]);
    expect(result).toMatchObject({ kind: 'committed', inserted: 1 });
  });
});

/** What a kill between the two steps of DETACH … CONCURRENTLY leaves behind: waits for a reader, then is cancelled. */
async function interruptDetach(name: string): Promise<void> {
  await database.db.transaction().execute(async (reader) => {
    await sql`select count(*) from request_log`.execute(reader);
    await database.db.connection().execute(async (session) => {
      await sql`set lock_timeout = '100ms'`.execute(session);
      const detach = sql`alter table request_log detach partition ${sql.table(name)} concurrently`;
      await expect(detach.execute(session)).rejects.toMatchObject({ code: '55P03' });
      await sql`reset lock_timeout`.execute(session);
    });
  });
  const pending = (await listPartitions(database.db, 'request_log')).filter((found) => found.detachPending);
  expect(pending.map((found) => found.name)).toEqual([name]);
}
