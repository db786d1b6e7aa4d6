// infra/nats/nats-server.conf on a real server: who may say what.
import { readFileSync, writeFileSync } from 'node:fs';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import {
  askEdges,
  connectNats,
  ControlResponder,
  EdgeRegister,
  ensureTopology,
  type NatsLink,
  SharedCooldowns,
} from '@sluice/bus/publishing';
import { findNatsServer, freePort, probeUntilReady } from '@sluice/private-services';
import { type TempDir, tempDir, waitFor } from '@sluice/testing';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { prepareStreams } from '../prepare-servers.js';
import { runSecrets } from './run-secrets.js';

const CONSUMERS = [
  ['logger', 'logger-requests'],
  ['metrics-aggregator', 'metrics-requests'],
  ['export', 'export-requests'],
] as const;
const SERVICES = ['edge-proxy', 'admin-api', ...CONSUMERS.map(([name]) => name)];
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
let dir: TempDir;
let server: ChildProcess;
let port: number;
let connections: Pick<NatsConnection, 'close'>[] = [];

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

const connectAs = (user: string): Promise<NatsConnection> => linkAs(user).ready;

function linkAs(user: string): NatsLink {
  const link = connectNats({ url: urlOf(user), name: user, log: quiet });
  connections.push(link);
  return link;
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
  const manager = await jetstreamManager(edge, { checkAPI: false, timeout: 2_000 });
  await expect(manager.streams.purge('SLUICE_REQUESTS')).rejects.toThrow();
  await expect(manager.streams.getMessage('SLUICE_REQUESTS', { seq: 1 })).rejects.toThrow();
  await expect(manager.consumers.add('SLUICE_REQUESTS', { durable_name: 'spy' })).rejects.toThrow();
  const { state } = await manager.streams.info('SLUICE_REQUESTS');
  expect(state).toMatchObject({ first_seq: 1, consumer_count: 3 });
});

test.each(CONSUMERS)(
  '%s reads and acks by its durable, and stores its dead letters',
  async (name, durable) => {
    const consumer = await connectAs(name);
    const changes = await ensureTopology(consumer, { log: quiet });
    expect(changes.filter(({ action }) => action !== 'unchanged')).toEqual([]);
    await jetstream(await connectAs('init')).publish('sluice.v1.request.succeeded', '{}');
    const reader = await jetstream(consumer).consumers.get('SLUICE_REQUESTS', durable);
    const message = await reader.next({ expires: 5_000 });
    expect(await message?.ackAck()).toBe(true);
    expect(await publish(consumer, `sluice.v1.dead.SLUICE_REQUESTS.${durable}`)).toBe('stored');
  },
);

test.each(CONSUMERS)('a forged event from the account of %s is refused', async (name, durable) => {
  const consumer = await connectAs(name);
  expect(await publish(consumer, 'sluice.v1.request.succeeded')).toBe('refused');
  expect(await publish(consumer, 'sluice.v1.audit.key.made')).toBe('refused');
  const [, others] = CONSUMERS.find(([other]) => other !== name)!;
  expect(await publish(consumer, `sluice.v1.dead.SLUICE_REQUESTS.${others}`)).toBe('refused');
  const client = jetstream(consumer, { timeout: 1_000 });
  await expect(
    client.consumers.get('SLUICE_REQUESTS', others).then((reader) => reader.next({ expires: 1_000 })),
  ).rejects.toThrow();
  expect(await isSubscriptionRefused(consumer, 'sluice.v1.>')).toBe(true);
  expect(await publish(consumer, `$JS.ACK.SLUICE_REQUESTS.${others}.1.1.1.1.0`)).toBe('refused');
  expect(await publish(consumer, `$JS.API.CONSUMER.DURABLE.CREATE.SLUICE_REQUESTS.${durable}`)).toBe(
    'refused',
  );
});

test.each(SERVICES)('%s cannot empty a stream, forward it, or remove a durable', async (name) => {
  const owner = await jetstreamManager(await connectAs('init'));
  await jetstream(await connectAs('init')).publish('sluice.v1.audit.config.reloaded', '{}');
  const before = await owner.streams.info('SLUICE_AUDIT');
  const manager = await jetstreamManager(await connectAs(name), { checkAPI: false, timeout: 1_000 });
  const attacks: Record<string, () => Promise<unknown>> = {
    shrink: () => manager.streams.update('SLUICE_AUDIT', { max_bytes: 1 }),
    purge: () => manager.streams.purge('SLUICE_AUDIT'),
    removeStream: () => manager.streams.delete('SLUICE_AUDIT'),
    removeMessage: () => manager.streams.deleteMessage('SLUICE_AUDIT', before.state.first_seq),
    read: () => manager.streams.getMessage('SLUICE_AUDIT', { seq: before.state.first_seq }),
    removeDurable: () => manager.consumers.delete('SLUICE_REQUESTS', 'logger-requests'),
    pauseDurable: () =>
      manager.consumers.pause('SLUICE_REQUESTS', 'logger-requests', new Date(Date.now() + 60_000)),
    addDurable: () =>
      manager.consumers.add('SLUICE_REQUESTS', {
        durable_name: `spy-${name}`,
        deliver_subject: 'sluice.v1.audit.key.made',
      }),
    forward: () =>
      manager.streams.add({
        name: `FORGE-${name}`,
        subjects: ['forge'],
        republish: { src: 'forge', dest: 'sluice.v1.request.succeeded' },
      }),
  };
  for (const attack of Object.values(attacks)) await expect(attack()).rejects.toThrow();
  expect((await owner.streams.info('SLUICE_AUDIT')).state.messages).toBe(before.state.messages);
  expect((await owner.streams.info('SLUICE_REQUESTS')).state.consumer_count).toBe(CONSUMERS.length);
  const names = await owner.streams.names().next();
  expect(names).toHaveLength(7);
});

test.each(SERVICES)('%s reads no reply to another', async (name) => {
  const spy = await connectAs(name);
  expect(await isSubscriptionRefused(spy, '_INBOX.>')).toBe(true);
  expect(await isSubscriptionRefused(spy, '_INBOX_init.>')).toBe(true);
  for (const other of SERVICES) {
    expect(await isSubscriptionRefused(spy, `_INBOX_${other}.>`)).toBe(other !== name);
  }
});

test.each<readonly [string, string]>([
  ['edge-proxy', 'sluice.v1.request.succeeded'],
  ['admin-api', 'sluice.v1.audit.key.made'],
  ...CONSUMERS.map(([name, durable]) => [name, `sluice.v1.dead.SLUICE_REQUESTS.${durable}`] as const),
])('a receipt that %s has sent to the JetStream API arrives nowhere', async (name, subject) => {
  const owner = await jetstreamManager(await connectAs('init'));
  await jetstream(await connectAs('init')).publish('sluice.v1.audit.config.reloaded', '{}');
  const before = await owner.streams.info('SLUICE_AUDIT');
  const sender = await connectAs(name);
  for (const reply of [
    '$JS.API.CONSUMER.DELETE.SLUICE_REQUESTS.logger-requests',
    '$JS.API.STREAM.PURGE.SLUICE_AUDIT',
    '$JS.API.STREAM.DELETE.SLUICE_AUDIT',
    'sluice.v1.audit.config.forged',
  ]) {
    sender.publish(subject, '{}', { reply });
    // The server has handled the one before when it has stored this one.
    expect(await publish(sender, subject)).toBe('stored');
  }
  const stored = name === 'admin-api' ? 8 : 0;
  await expect
    .poll(async () => (await owner.streams.info('SLUICE_AUDIT')).state.messages)
    .toBe(before.state.messages + stored);
  expect((await owner.streams.info('SLUICE_REQUESTS')).state.consumer_count).toBe(CONSUMERS.length);
});

test('admin-api asks the edges by their register, and hears what each answers', async () => {
  for (const instance of ['edge-1', 'edge-2']) {
    const nats = linkAs('edge-proxy');
    const record = { instance, startedAt: '2026-11-23T00:00:00.000Z', configVersion: 'v', port: 8080 };
    new EdgeRegister({ nats, record: () => record }).start();
    new ControlResponder({ nats, instance, log: quiet })
      .handle('config.reload', () => ({ ok: true, problems: [], configVersion: 'v' }))
      .start();
    await (await nats.ready).flush();
  }
  const nats = linkAs('admin-api');
  await nats.ready;
  const request = { actor: { kind: 'user', name: 'ada' } } as const;
  await expect
    .poll(async () => (await askEdges({ nats, command: 'config.reload', request, timeoutMs: 1_000 })).summary)
    .toBe('2/2');
});

test('an edge hears of the cooldowns of others as they are put, and finds those from before', async () => {
  const makeEdge = async (instance: string): Promise<{ heard: string[]; shared: SharedCooldowns }> => {
    const nats = linkAs('edge-proxy');
    const heard: string[] = [];
    const onFact = (fact: { credential: string }): void => void heard.push(fact.credential);
    const shared = new SharedCooldowns({ nats, instance, log: quiet, onFact });
    shared.start();
    await (await nats.ready).flush();
    return { heard, shared };
  };
  const [first, second] = [await makeEdge('edge-1'), await makeEdge('edge-2')];
  first.shared.share({
    provider: 'openai',
    providerModel: null,
    credential: 'c1',
    kind: 'rate_limit',
    untilMs: Date.now() + 60_000,
  });
  await waitFor(() => second.heard.length === 1);
  const third = await makeEdge('edge-3');
  await waitFor(() => third.heard.length === 1);
  for (const { shared } of [first, second, third]) shared.stop();
});

test.each(SERVICES)('%s writes no bucket and no control but its own', async (name) => {
  const connection = await connectAs(name);
  const mayPut = name === 'edge-proxy';
  expect(await publish(connection, '$KV.sluice_cooldowns.a.b.=.quota.w')).toBe(mayPut ? 'stored' : 'refused');
  expect(await publish(connection, '$KV.sluice_edges.x')).toBe(mayPut ? 'stored' : 'refused');
  expect(await publish(connection, '$KV.sluice_other.x')).toBe('refused');
  if (name !== 'admin-api') expect(await publish(connection, 'sluice.control.config.reload')).toBe('refused');
  expect(await isSubscriptionRefused(connection, '$KV.sluice_cooldowns.>')).toBe(name !== 'edge-proxy');
  expect(await isSubscriptionRefused(connection, '$KV.sluice_edges.>')).toBe(true);
});

test('metrics-aggregator hears the events of an edge at once, and nobody else does', async () => {
  const metrics = await connectAs('metrics-aggregator');
  const heard = new Promise<string>((resolve) => {
    metrics.subscribe('sluice.v1.request.*', { callback: (_, message) => resolve(message.string()) });
  });
  await metrics.flush();
  expect(await publish(await connectAs('edge-proxy'), 'sluice.v1.request.succeeded')).toBe('stored');
  expect(await heard).toBe('{}');
  for (const name of SERVICES.filter((other) => other !== 'metrics-aggregator')) {
    expect(await isSubscriptionRefused(await connectAs(name), 'sluice.v1.request.*')).toBe(true);
  }
});

test('live numbers go from metrics-aggregator to admin-api', async () => {
  const admin = await connectAs('admin-api');
  const heard = new Promise<string>((resolve) => {
    admin.subscribe('sluice.v1.live', { callback: (_, message) => resolve(message.string()) });
  });
  await admin.flush();
  (await connectAs('metrics-aggregator')).publish('sluice.v1.live', '{"now":1}');
  expect(await heard).toBe('{"now":1}');
});

test('what people do comes from admin-api, which makes up no request', async () => {
  const admin = await connectAs('admin-api');
  expect(await publish(admin, 'sluice.v1.audit.key.made')).toBe('stored');
  expect(await publish(admin, 'sluice.v1.request.succeeded')).toBe('refused');
});
