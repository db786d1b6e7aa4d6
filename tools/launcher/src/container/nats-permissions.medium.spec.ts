// infra/nats/nats-server.conf on a real server: who may say what.
import { readFileSync, writeFileSync } from 'node:fs';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { findNatsServer, freePort, probeUntilReady } from '@sluice/private-services';
import { type TempDir, tempDir } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { prepareStreams } from '../prepare-servers.js';
import { runSecrets } from './run-secrets.js';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
let dir: TempDir;
let server: ChildProcess;
let port: number;
let connections: NatsConnection[] = [];

beforeAll(async () => {
  dir = await tempDir();
  port = await freePort();
  runSecrets({ SLUICE_SHARES_DIR: dir.path }, () => undefined);
  const file = join(dir.path, 'nats', 'nats-server.conf');
  const config = readFileSync(file, 'utf8')
    .replace('port: 4222', `host: "127.0.0.1"\nport: ${port}`)
    .replace('http: "127.0.0.1:8222"', '')
    .replace('store_dir: /data', `store_dir: ${JSON.stringify(join(dir.path, 'store'))}`);
  writeFileSync(file, config);
  const { file: binary, loaderPath } = await findNatsServer(process.env);
  const env = loaderPath === '' ? process.env : { ...process.env, LD_LIBRARY_PATH: loaderPath };
  server = spawn(binary, ['--config', file], { env, stdio: 'ignore' });
  await probeUntilReady('nats', urlOf('init'), { timeoutMs: 20_000 });
  await prepareStreams(urlOf('init'), quiet);
});
afterEach(async () => {
  await Promise.all(connections.map((connection) => connection.close()));
  connections = [];
});
afterAll(async () => {
  server.kill();
  await once(server, 'exit');
  await dir.remove();
});

/** The address that the service's container gets, on this server's port. */
function urlOf(user: string): string {
  const url = new URL(readFileSync(join(dir.path, user, 'nats-url'), 'utf8').trim());
  url.host = `127.0.0.1:${port}`;
  return url.href;
}

async function connectAs(user: string): Promise<NatsConnection> {
  const url = new URL(urlOf(user));
  const connection = await connect({ servers: url.host, user, pass: url.password, reconnect: false });
  connections.push(connection);
  return connection;
}

/** How the server took it: stored, or refused by permission. */
async function publish(connection: NatsConnection, subject: string): Promise<'stored' | 'refused'> {
  const watched = refusal(connection);
  const stored = jetstream(connection, { timeout: 5_000 })
    .publish(subject, '{}')
    .then(() => 'stored' as const)
    .catch(() => 'refused' as const);
  return Promise.race([stored, watched]);
}

async function refusal(connection: NatsConnection): Promise<'refused'> {
  for await (const status of connection.status()) {
    if (status.type === 'error' && /permissions violation/i.test(status.error.message)) return 'refused';
  }
  return new Promise(() => undefined);
}

async function isSubscriptionRefused(connection: NatsConnection, subject: string): Promise<boolean> {
  const refused = new Promise<boolean>((resolve) => {
    connection.subscribe(subject, { callback: (error) => resolve(error !== null) });
  });
  const round = connection
    .flush()
    .then(() => connection.flush())
    .then(() => false);
  return Promise.race([refused, round]);
}

test('nobody gets in without a password', async () => {
  await expect(connect({ servers: `127.0.0.1:${port}`, reconnect: false })).rejects.toThrow(/authorization/i);
  await expect(
    connect({ servers: `127.0.0.1:${port}`, user: 'edge-proxy', pass: 'guess', reconnect: false }),
  ).rejects.toThrow(/authorization/i);
});

test('an edge adds events of its own kinds, and no audit event of a person', async () => {
  const edge = await connectAs('edge-proxy');
  expect(await publish(edge, 'sluice.v1.request.succeeded')).toBe('stored');
  expect(await publish(edge, 'sluice.v1.audit.config.reloaded')).toBe('stored');
  expect(await publish(edge, 'sluice.v1.audit.key.made')).toBe('refused');
  expect(await publish(edge, 'sluice.v1.dead.SLUICE_REQUESTS.logger')).toBe('refused');
});

test('an edge reads no event and removes none', async () => {
  const edge = await connectAs('edge-proxy');
  expect(await isSubscriptionRefused(edge, 'sluice.v1.>')).toBe(true);
  expect(await isSubscriptionRefused(edge, '_INBOX.x.>')).toBe(false);
  const manager = await jetstreamManager(edge, { checkAPI: false, timeout: 2_000 });
  await expect(manager.streams.purge('SLUICE_REQUESTS')).rejects.toThrow();
  await expect(manager.streams.getMessage('SLUICE_REQUESTS', { seq: 1 })).rejects.toThrow();
  await expect(manager.consumers.add('SLUICE_REQUESTS', { durable_name: 'spy' })).rejects.toThrow();
  const { state } = await manager.streams.info('SLUICE_REQUESTS');
  expect(state).toMatchObject({ first_seq: 1, consumer_count: 3 });
});

test.each(['logger', 'metrics-aggregator', 'export'])(
  'a forged event from the account of %s is refused',
  async (name) => {
    const consumer = await connectAs(name);
    expect(await publish(consumer, 'sluice.v1.request.succeeded')).toBe('refused');
    expect(await publish(consumer, 'sluice.v1.audit.key.made')).toBe('refused');
    expect(await publish(consumer, 'sluice.v1.dead.SLUICE_REQUESTS.logger')).toBe('stored');
    await expect(
      (await jetstreamManager(consumer, { timeout: 2_000 })).streams.delete('SLUICE_REQUESTS'),
    ).rejects.toThrow();
  },
);

test('what people do comes from admin-api, which makes up no request', async () => {
  const admin = await connectAs('admin-api');
  expect(await publish(admin, 'sluice.v1.audit.key.made')).toBe('stored');
  expect(await publish(admin, 'sluice.v1.request.succeeded')).toBe('refused');
});
