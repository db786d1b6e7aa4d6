import { sql } from 'kysely';
import { createTestDatabase, waitFor } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMigratedDatabase, silentLog } from './__fixtures__/open-migrated-database.js';
import { openDatabase } from './database.js';
import { findTableProblem } from './find-table-problem.js';
import { migrateToLatest } from './migrate-to-latest.js';
import { MIGRATIONS } from './migrations/index.js';
import { TABLES } from './sluice-schema.js';

let database: Awaited<ReturnType<typeof openMigratedDatabase>>;
beforeAll(async () => {
  database = await openMigratedDatabase();
});
afterAll(() => database.close());

interface CatalogueColumn {
  table: string;
  column: string;
  type: string;
}

async function migratedColumns(): Promise<Record<string, [string, string][]>> {
  const { rows } = await sql<CatalogueColumn>`
    select c.relname as table, a.attname as column,
           format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then '' else ' null' end as type
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname not like 'kysely%' and a.attnum > 0 and not a.attisdropped
    order by c.relname, a.attnum`.execute(database.db);
  const tables: Record<string, [string, string][]> = {};
  for (const row of rows) (tables[row.table] ??= []).push([row.column, row.type]);
  return tables;
}

describe('schema', () => {
  it('the migrated tables have the declared columns, of the declared types, in the declared order, and no others', async () => {
    const declared = Object.fromEntries(
      Object.entries(TABLES).map(([table, columns]) => [table, Object.entries(columns)]),
    );
    expect(await migratedColumns()).toEqual(declared);
  });

  it('the team "default" exists from the start', async () => {
    const teams = await database.db.selectFrom('team').select('id').execute();
    expect(teams).toEqual([{ id: 'default' }]);
  });
});

describe('findTableProblem', () => {
  it('finds nothing in a migrated database, and names the tables that another lacks with the way out', async () => {
    expect(await findTableProblem(database.db)).toBeUndefined();
    const made = await createTestDatabase();
    const db = openDatabase({ url: made.url, poolSize: 1, applicationName: 'test', log: silentLog });
    try {
      await sql`create table team (id text)`.execute(db);
      const problem = await findTableProblem(db);
      expect(problem).toMatch(/^it has no .*\brequest_log\b.*: run the migrations$/);
      expect(problem).not.toMatch(/\bteam\b/);
    } finally {
      await db.destroy();
      await made.drop();
    }
  });
});

describe('migrateToLatest', () => {
  it('several processes may migrate an empty database at once', async () => {
    const made = await createTestDatabase();
    const { url } = made;
    try {
      await Promise.all(Array.from({ length: 5 }, () => migrateToLatest(url, silentLog)));
      const db = openDatabase({ url, poolSize: 1, applicationName: 'test', log: silentLog });
      const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(
        db,
      );
      await db.destroy();
      expect(rows.map((row) => row.name)).toEqual(Object.keys(MIGRATIONS));
    } finally {
      await made.drop();
    }
  });

  it('a table that a long reader holds is waited for in short tries, so that inserts come through, and then the reason is told', async () => {
    const made = await openMigratedDatabase();
    const reader = openDatabase({ url: made.url, poolSize: 1, applicationName: 'pg_dump', log: silentLog });
    try {
      // As before migration 0006, which alters the table.
      await sql`alter table request_log drop column routing`.execute(made.db);
      await sql`delete from kysely_migration where name >= '0006'`.execute(made.db);
      const transaction = await reader.startTransaction().execute();
      await sql`select count(*) from request_log`.execute(transaction);
      const warnings: string[] = [];
      const log = { ...silentLog, warn: (_facts: object, message: string) => warnings.push(message) };
      const patience = { tableLockTimeoutMs: 300, lockTries: 3, lockPauseMs: 50 };
      const attempt = migrateToLatest(made.url, log, patience).catch((reason: unknown) => reason);
      await waitFor(() => warnings.length === 1);
      // A writer beside it waits for one try at most.
      const startedMs = performance.now();
      await made.db
        .transaction()
        .execute((tx) => sql`lock table request_log in row exclusive mode`.execute(tx));
      expect(performance.now() - startedMs).toBeLessThan(1_000);
      const error = await attempt;
      expect(String(error)).toMatch(/0006-request-log-routing.*nothing was changed.*another session held/);
      expect(warnings).toHaveLength(2);

      const again = migrateToLatest(made.url, log, { ...patience, lockTries: 1_000 });
      await waitFor(() => warnings.length === 3);
      await transaction.rollback().execute();
      await again;
      const { rows } = await sql`select routing from request_log`.execute(made.db);
      expect(rows).toEqual([]);
    } finally {
      await reader.destroy();
      await made.close();
    }
  });

  it('a server that is not there is an error that shows no password', async () => {
    const attempt = migrateToLatest('postgres://someone:pass-word-1@127.0.0.1:1/none', silentLog);
    const error = await attempt.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toContain('ECONNREFUSED');
    expect(String(error)).not.toContain('pass-word-1');
  });
});
