// A Postgres that goes away, freezes and comes back under the built service.
import { sql } from 'kysely';
import { migrateToLatest, openDatabase } from '@sluice/storage';
import { startTestPostgres, tempDir, type TempDir, type TestServer, waitFor } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminProcess, writeSecrets } from '../__fixtures__/admin-process.js';
import { Browser } from '../__fixtures__/browser.js';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const PASSWORD = 'correct horse battery';
const SOON = { timeoutMs: 20_000, intervalMs: 100 };

let dir: TempDir;
let postgres: TestServer;
let service: AdminProcess;
let page: Browser;

beforeAll(async () => {
  [dir, postgres] = await Promise.all([tempDir(), startTestPostgres()]);
  await writeSecrets(dir.path);
  service = new AdminProcess({
    DATABASE_URL: postgres.url,
    NATS_URL: 'nats://127.0.0.1:1',
    SLUICE_DATA_DIR: dir.path,
    SLUICE_ADMIN_PASSWORD: PASSWORD,
  });
  page = new Browser(await service.url());
});
afterAll(async () => {
  await service.end('SIGKILL');
  await postgres.stop();
  await dir.remove();
});

const isReady = async () => (await service.readyz()).status === 200;

describe('without tables', () => {
  it('the service runs, says what is missing, and goes on by itself after the migration', async () => {
    const { body } = await waitFor(async () => {
      const found = await service.readyz();
      return found.body.includes('run the migrations') && found;
    }, SOON);
    expect(body).toContain('app_user');
    const answer = await page.signIn('admin', PASSWORD);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    await migrateToLatest(postgres.url, quiet);
    await waitFor(isReady, SOON);
    await page.signedIn('admin', PASSWORD);
  });
});

describe('Postgres away', () => {
  it('every answer that needs it is 503 at once, pages go on, and all is well when it is back', async () => {
    await postgres.halt();
    for (const path of ['/api/session', '/api/requests', '/api/overview', '/api/requests/x', '/api/live']) {
      const startedAt = performance.now();
      const answer = await page.get(path);
      expect([path, answer.status, answer.problem().type]).toEqual([
        path,
        503,
        'urn:sluice:problem:database-away',
      ]);
      expect(answer.headers.get('retry-after')).toBe('2');
      expect(performance.now() - startedAt).toBeLessThan(2_000);
      // Where the database is, is not for everybody.
      expect(answer.text).not.toContain('127.0.0.1');
    }
    expect((await page.signIn('admin', PASSWORD)).status).toBe(503);
    expect((await page.get('/', { accept: 'text/html' })).status).toBe(200);
    const { status, body } = await service.readyz();
    expect(status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({ dependencies: { database: { ok: false } } });
    await postgres.restart();
    await waitFor(isReady, SOON);
    expect((await page.get('/api/session')).status).toBe(200);
  }, 45_000);

  it('a frozen one holds an answer up for a bounded time, and all is well when it thaws', async () => {
    // The server that accepts and those that serve us: each is a process of its own.
    const db = openDatabase({ url: postgres.url, poolSize: 1, applicationName: 'test', log: quiet });
    const { rows } = await sql<{ pid: number }>`select pid from pg_stat_activity
      where application_name like 'admin-api%'`.execute(db);
    await db.destroy();
    const signal = (name: NodeJS.Signals) => rows.forEach(({ pid }) => process.kill(pid, name));
    postgres.pause();
    signal('SIGSTOP');
    const startedAt = performance.now();
    const answer = await page.get('/api/session');
    expect(answer.status).toBe(503);
    expect(performance.now() - startedAt).toBeLessThan(12_000);
    const again = performance.now();
    expect((await page.get('/api/session')).status).toBe(503);
    expect(performance.now() - again).toBeLessThan(1_000);
    postgres.resume();
    signal('SIGCONT');
    await waitFor(isReady, SOON);
    expect((await page.get('/api/session')).status).toBe(200);
  }, 60_000);

  it('a query that takes too long is ended on the server, and says what helps', async () => {
    const db = openDatabase({ url: postgres.url, poolSize: 2, applicationName: 'test', log: quiet });
    const holder = await db.startTransaction().execute();
    await sql`lock table metric_minute in access exclusive mode`.execute(holder);
    const answer = await page.get('/api/overview');
    expect([answer.status, answer.problem().type]).toEqual([503, 'urn:sluice:problem:query-too-slow']);
    // That one was slow does not mean that the database is away.
    expect((await page.get('/api/session')).status).toBe(200);
    await holder.rollback().execute();
    await db.destroy();
    expect((await page.get('/api/overview')).status).toBe(200);
  }, 30_000);
});
