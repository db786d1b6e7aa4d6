import { sql } from 'kysely';
import { startTestPostgres, waitFor } from '@sluice/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog } from './__fixtures__/open-migrated-database.js';
import { openDatabase, type SluiceDatabase } from './database.js';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function startDatabase(warnings: string[] = [], statementTimeoutMs = 30_000) {
  const server = await startTestPostgres();
  open.push(() => server.stop());
  const log = { ...silentLog, warn: (_: object, message: string) => void warnings.push(message) };
  const db = openDatabase({ url: server.url, poolSize: 2, applicationName: 'test', log, statementTimeoutMs });
  open.push(() => db.destroy());
  return { server, db };
}

const ask = async (db: SluiceDatabase): Promise<unknown> => (await sql`select 1 as one`.execute(db)).rows[0];

async function backendPid(db: SluiceDatabase): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
  return rows[0]!.pid;
}

describe('openDatabase', () => {
  it('the loss of idle connections is a log line, and the next query after the return works', async () => {
    const warnings: string[] = [];
    const { server, db } = await startDatabase(warnings);
    await ask(db);
    await server.kill();
    await waitFor(() => warnings.length > 0, { message: 'no line about the lost connection' });
    await expect(ask(db)).rejects.toThrow('ECONNREFUSED');
    await server.restart();
    expect(await ask(db)).toEqual({ one: 1 });
  });

  it('a connection that is lost in use, between two queries, fails the next one and nothing else', async () => {
    const { db } = await startDatabase();
    // An error that nobody listens to would end this process, and vitest tells.
    await db.connection().execute(async (session) => {
      const pid = await backendPid(session);
      await sql`select pg_terminate_backend(${pid})`.execute(db);
      const left = sql`select 1 from pg_stat_activity where pid = ${pid}`;
      await waitFor(async () => (await left.execute(db)).rows.length === 0);
      await expect(ask(session)).rejects.toThrow();
    });
    expect(await ask(db)).toEqual({ one: 1 });
  });

  it('a frozen server fails a query at its deadline, and the connection is not used again', async () => {
    const { db } = await startDatabase([], 300);
    const pid = await backendPid(db);
    process.kill(pid, 'SIGSTOP');
    open.push(() => Promise.resolve(process.kill(pid, 'SIGCONT')));
    // The server's own 300 ms cannot fire; ours can, after its slack of 5 s.
    await expect(ask(db)).rejects.toThrow('Query read timeout');
    expect(await ask(db)).toEqual({ one: 1 });
    expect(await backendPid(db)).not.toBe(pid);
  });

  it('a bigint that does not fit a number fails the read instead of being rounded', async () => {
    const { db } = await startDatabase();
    const read = (text: string) => sql`select ${text}::int8 as value`.execute(db);
    expect((await read('9007199254740991')).rows).toEqual([{ value: Number.MAX_SAFE_INTEGER }]);
    await expect(read('9007199254740993')).rejects.toThrow('does not fit a number');
    expect(await ask(db)).toEqual({ one: 1 });
  });
});
