import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort, isPortFree } from './free-port.js';
import { processIdentity } from './process-identity.js';
import { reapProcesses } from './process-record.js';
import type { PrivateServer } from './private-server.js';
import { removePostgresData } from './postgres-folder.js';
import { startNats } from './start-nats.js';
import { startPostgres } from './start-postgres.js';
import { startPrivateServices } from './start-private-services.js';
import { startRedis } from './start-redis.js';

let dataDir: string;
let servers: PrivateServer[];
const env = { PATH: process.env['PATH'], HOME: process.env['HOME'] };

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'sluice-services-'));
  chmodSync(dataDir, 0o711);
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  removePostgresData(dataDir);
  rmSync(dataDir, { recursive: true, force: true });
});

async function keep(starting: Promise<PrivateServer>): Promise<PrivateServer> {
  const server = await starting;
  servers.push(server);
  return server;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

test('a database that was killed comes back on the same port with what was committed', async () => {
  const first = await keep(startPostgres({ dataDir, env }));
  await query(first.url, 'create table note (id int); insert into note values (7)');
  process.kill(first.pid!, 'SIGKILL');
  expect(await first.exited).toEqual({ code: null, signal: 'SIGKILL' });

  const second = await keep(startPostgres({ dataDir, env, port: Number(new URL(first.url).port) }));
  expect(second.url).toBe(first.url);
  expect(await query(second.url, 'select id from note')).toEqual([{ id: 7 }]);
});

test('the database is kept where its user reaches it when the folders above are closed', async () => {
  chmodSync(dataDir, 0o700);
  const first = await keep(startPostgres({ dataDir, env }));
  await query(first.url, 'create table note (id int)');
  await first.stop();
  const second = await keep(startPostgres({ dataDir, env }));
  expect(await query(second.url, "select to_regclass('note')::text as found")).toEqual([{ found: 'note' }]);
});

test('what a removed data folder left behind is not taken for its database', async () => {
  chmodSync(dataDir, 0o700);
  const first = await keep(startPostgres({ dataDir, env }));
  await query(first.url, 'create table note (id int)');
  await first.stop();
  rmSync(join(dataDir, 'postgres'), { recursive: true });
  const second = await keep(startPostgres({ dataDir, env }));
  expect(await query(second.url, "select to_regclass('note')::text as found")).toEqual([{ found: null }]);
});

test('the database listens on 127.0.0.1 only, has no unix socket and asks for its password', async () => {
  const server = await keep(startPostgres({ dataDir, env }));
  const shown = await query(
    server.url,
    "select current_setting('listen_addresses') as listen, current_setting('unix_socket_directories') as sockets",
  );
  expect(shown).toEqual([{ listen: '127.0.0.1', sockets: '' }]);
  const wrong = new URL(server.url);
  wrong.password = 'wrong';
  await expect(query(wrong.href, 'select 1')).rejects.toThrow('password authentication failed');
});

test('survivors of a killed launcher are ended by the next start, which gets their ports and passwords', async () => {
  const services = await startPrivateServices({ dataDir, env, endWithParent: false });
  servers.push(...Object.values(services.servers));
  const urls = Object.values(services.servers).map((server) => server.url);
  const pids = Object.values(services.servers).map((server) => server.pid!);

  const reaped = await reapProcesses(join(dataDir, 'processes'), { timeoutMs: 5000 });
  expect(reaped.sort()).toEqual(['nats', 'postgres', 'redis']);
  expect(pids.map(processIdentity)).toEqual([undefined, undefined, undefined]);

  const again = await startPrivateServices({ dataDir, env });
  servers.push(...Object.values(again.servers));
  expect(Object.values(again.servers).map((server) => server.url)).toEqual(urls);
});

test('a server that cannot start says why, with the end of its log', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => blocker.once('listening', resolve));
  const { port } = blocker.address() as { port: number };
  await expect(startRedis({ dataDir, env, port })).rejects.toThrow(
    /redis ended before it was ready.*ddress/s,
  );
  blocker.close();
});

test('a password is in no file that others can read, and in no log', async () => {
  const server = await keep(startRedis({ dataDir, env }));
  const { password } = new URL(server.url);
  expect(statSync(join(dataDir, 'redis', 'redis.conf')).mode & 0o077).toBe(0);
  expect(statSync(join(dataDir, 'redis', 'password')).mode & 0o077).toBe(0);
  expect(readFileSync(server.logFile!, 'utf8')).not.toContain(password);
  expect(readFileSync(`/proc/${server.pid!}/cmdline`, 'utf8')).not.toContain(password);
  expect(readFileSync(`/proc/${server.pid!}/environ`, 'utf8')).not.toContain('HOME=');
});

test('a URL in the environment is used as it is, and its server is not ended', async () => {
  const own = await keep(startNats({ dataDir, env }));
  const used = await startNats({ dataDir: join(dataDir, 'other'), env: { ...env, NATS_URL: own.url } });
  expect(used).toMatchObject({ url: own.url, pid: undefined });
  await used.stop();
  expect(processIdentity(own.pid!)).toMatch(/\//);
});

test('a URL where nobody answers is an error that names the variable and the address, not the password', async () => {
  const port = await freePort();
  expect(await isPortFree(port)).toBe(true);
  const starting = startRedis({ dataDir, env: { ...env, REDIS_URL: `redis://:hidden@127.0.0.1:${port}` } });
  const error = await starting.catch((reason: unknown) => reason);
  expect(String(error)).toContain(`REDIS_URL names 127.0.0.1:${port}`);
  expect(String(error)).not.toContain('hidden');
}, 20_000);
