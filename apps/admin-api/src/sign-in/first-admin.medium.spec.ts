// How the first person comes to be, with several of the built service on one real Postgres.
import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrateToLatest } from '@sluice/storage';
import { createTestDatabase, tempDir, type TempDir, type TestDatabase, waitFor } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AdminProcess, writeSecrets } from '../__fixtures__/admin-process.js';
import { Browser } from '../__fixtures__/browser.js';

// Each start of a service and each sign-in is CPU; a busy machine takes its time.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const PASSWORD = 'correct horse battery';

let dir: TempDir;
let database: TestDatabase;
let running: AdminProcess[] = [];

beforeEach(async () => {
  [dir, database] = await Promise.all([tempDir(), createTestDatabase()]);
  await Promise.all([writeSecrets(dir.path), migrateToLatest(database.url, quiet)]);
});
afterEach(async () => {
  await Promise.all(running.map((service) => service.end('SIGKILL')));
  running = [];
  await database.drop();
  await dir.remove();
});

function start(env: Record<string, string> = {}): AdminProcess {
  const service = new AdminProcess({
    DATABASE_URL: database.url,
    NATS_URL: 'nats://127.0.0.1:1',
    SLUICE_DATA_DIR: dir.path,
    ADMIN_API_DASHBOARD_DIR: join(dir.path, 'no-dashboard'),
    ...env,
  });
  running.push(service);
  return service;
}
const statusOf = async (service: AdminProcess, password: string): Promise<number> =>
  (await new Browser(await service.url()).signIn('admin', password)).status;

describe('without a password in the environment', () => {
  it('of several that start at once one makes a random one and prints it once, and it is in no log line', async () => {
    const services = [start(), start(), start()];
    await Promise.all(services.map((service) => service.ready()));
    const printed = services.flatMap((service) => service.printed);
    expect(printed).toHaveLength(1);
    const password = /^Sluice dashboard: user admin, password (\S{24}) /.exec(printed[0]!)![1]!;
    for (const service of services) expect(await statusOf(service, password)).toBe(200);
    expect(services.map((service) => service.text).join()).not.toContain(password);
    const again = await start().ready();
    expect([again.printed, await statusOf(again, password)]).toEqual([[], 200]);
  });
});

describe('with a password in the environment', () => {
  it('several that start at once agree on it, and it is in no log line', async () => {
    const services = [1, 2, 3].map(() => start({ SLUICE_ADMIN_PASSWORD: PASSWORD }));
    await Promise.all(services.map((service) => service.ready()));
    for (const service of services) expect(await statusOf(service, PASSWORD)).toBe(200);
    expect(services.map((service) => service.text).join()).not.toContain(PASSWORD);
    expect(services.flatMap((service) => service.printed)).toEqual([]);
  });

  it('another one than before counts from now on and ends the sessions; the same one ends none', async () => {
    const first = await start({ SLUICE_ADMIN_PASSWORD: PASSWORD }).ready();
    const page = new Browser(await first.url());
    await page.signedIn('admin', PASSWORD);
    await start({ SLUICE_ADMIN_PASSWORD: PASSWORD }).ready();
    expect((await page.get('/api/session')).status).toBe(200);
    const other = await start({ SLUICE_ADMIN_PASSWORD: 'another password' }).ready();
    expect((await page.get('/api/session')).status).toBe(401);
    expect([await statusOf(first, PASSWORD), await statusOf(other, 'another password')]).toEqual([401, 200]);
  });

  it('it may come from a file', async () => {
    const file = join(dir.path, 'admin-password');
    await writeFile(file, `${PASSWORD}\n`, { mode: 0o600 });
    const service = await start({ SLUICE_ADMIN_PASSWORD_FILE: file }).ready();
    expect(await statusOf(service, PASSWORD)).toBe(200);
    await chmod(file, 0o644);
    const open = await start({ SLUICE_ADMIN_PASSWORD_FILE: file }).ready();
    expect(open.lines.map((line) => line.msg)).toContainEqual(expect.stringContaining('read by others'));
  });
});

describe('a start that cannot be right ends with one sentence', () => {
  it.each([
    [
      'no secret',
      { SLUICE_DATA_DIR: '/nowhere' },
      /\/nowhere\/secrets\/session-secret cannot be read \(ENOENT\)/,
    ],
    [
      'a password that is too short',
      { SLUICE_ADMIN_PASSWORD: 'short' },
      /SLUICE_ADMIN_PASSWORD must have 8 to/,
    ],
    ['no password file', { SLUICE_ADMIN_PASSWORD_FILE: '/nowhere/p' }, /\/nowhere\/p cannot be read/],
    ['no database', { DATABASE_URL: '' }, /DATABASE_URL: is not set/],
    ['a wrong port', { ADMIN_API_PORT: 'x' }, /ADMIN_API_PORT: must be a whole number/],
  ])('%s', async (_, env, sentence) => {
    const service = start(env);
    expect(await service.exitCode()).toBe(1);
    expect(service.errors).toMatch(sentence);
    expect(service.errors).not.toContain('short"');
  });

  it('a secret that is too short', async () => {
    await writeFile(join(dir.path, 'secrets', 'session-secret'), 'too-short-a-secret');
    const service = start();
    expect(await service.exitCode()).toBe(1);
    expect(service.errors).toContain('session-secret holds less than 32 characters');
    expect(service.errors).not.toContain('too-short-a-secret');
  });

  it('a port that is taken', async () => {
    const first = await start({ SLUICE_ADMIN_PASSWORD: PASSWORD }).ready();
    const { port } = new URL(await first.url());
    const service = start({ ADMIN_API_PORT: port });
    expect(await service.exitCode()).toBe(1);
    expect(service.errors).toContain(`127.0.0.1:${port} of the admin API is in use. Set ADMIN_API_PORT`);
  });
});

describe('behind TLS', () => {
  it('the cookie is sent over TLS only, and so must the Origin be', async () => {
    const service = await start({ SLUICE_ADMIN_PASSWORD: PASSWORD, ADMIN_API_SECURE_COOKIE: '1' }).ready();
    const page = new Browser(await service.url());
    expect((await page.signIn('admin', PASSWORD)).status).toBe(403);
    const { host } = new URL(page.url);
    const answer = await page.send('POST', '/api/session', {
      json: { user: 'admin', password: PASSWORD },
      headers: { origin: `https://${host}` },
    });
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([
      200,
      expect.stringMatching(/; HttpOnly; SameSite=Strict; Secure$/),
    ]);
  });
});

describe('the stop', () => {
  it('SIGTERM ends with 0 within seconds, while somebody looks at live numbers', async () => {
    const service = await start({ SLUICE_ADMIN_PASSWORD: PASSWORD }).ready();
    const page = new Browser(await service.url());
    await page.signedIn('admin', PASSWORD);
    const looking = page.get('/api/live');
    await waitFor(async () => (await service.metric('sluice_admin_live_clients')) === 1);
    const startedAt = performance.now();
    expect(await service.end('SIGTERM'), service.text).toEqual([0, null]);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect((await looking).text).toContain('event: ended\ndata: {"reason":"stopping"}');
  });
});
