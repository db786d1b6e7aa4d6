import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import { startTestNats, type TestServer } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryLog } from './__fixtures__/request-event.js';
import { ensureTopology } from './ensure-streams.js';
import { connectNats, type NatsLink } from './nats-connection.js';
import { BUCKETS, DURABLES, STREAMS } from './streams.js';

const MIB = 1024 * 1024;
let server: TestServer;
let log: MemoryLog;
let nats: NatsLink;
let manager: JetStreamManager;

async function start(options: { maxFileStoreBytes?: number } = {}): Promise<void> {
  server = await startTestNats(options);
  log = new MemoryLog();
  nats = connectNats({ url: server.url, name: 'test', log });
  manager = await jetstreamManager(await nats.ready);
}
beforeEach(() => start());
afterEach(async () => {
  await nats.close();
  await server.stop();
});

const ensure = async (maxBytes?: number): Promise<unknown> =>
  ensureTopology(await nats.ready, {
    log,
    ...(maxBytes === undefined ? {} : { maxBytes: { SLUICE_REQUESTS: maxBytes } }),
  });

describe('ensureTopology', () => {
  it('makes every stream, bucket and durable of the tables, and nothing the second time', async () => {
    await ensure();
    for (const [name, { subjects, maxAgeMs, maxBytes }] of Object.entries(STREAMS)) {
      expect((await manager.streams.info(name)).config).toMatchObject({
        subjects,
        retention: 'limits',
        storage: 'file',
        discard: 'old',
        max_age: nanos(maxAgeMs),
        max_bytes: maxBytes,
      });
    }
    for (const [name, { subjects, maxAgeMs, maxBytes }] of Object.entries(BUCKETS)) {
      expect((await manager.streams.info(name)).config).toMatchObject({
        subjects,
        max_msgs_per_subject: 1,
        allow_direct: true,
        deny_delete: true,
        allow_rollup_hdrs: true,
        max_age: nanos(maxAgeMs),
        max_bytes: maxBytes,
      });
    }
    for (const [name, { stream, maxAckPending }] of Object.entries(DURABLES)) {
      expect((await manager.consumers.info(stream, name)).config).toMatchObject({
        deliver_policy: 'all',
        ack_policy: 'explicit',
        ack_wait: nanos(30_000),
        max_deliver: -1,
        max_ack_pending: maxAckPending,
      });
    }
    const again = await ensureTopology(await nats.ready, { log });
    expect(again.map(({ action }) => action)).toEqual(again.map(() => 'unchanged'));
  });

  it('is safe for several services at once', async () => {
    await Promise.all([ensure(), ensure(), ensure()]);
    expect(await manager.streams.names().next()).toHaveLength(Object.keys({ ...STREAMS, ...BUCKETS }).length);
  });

  it('brings changed limits up to date and keeps the messages', async () => {
    await ensure(64 * MIB);
    await jetstream(await nats.ready).publish('sluice.v1.request.failed', 'x');
    await manager.consumers.update('SLUICE_REQUESTS', 'logger-requests', { max_ack_pending: 5 });
    const changes = await ensureTopology(await nats.ready, { log });
    expect(changes.filter(({ action }) => action === 'updated').map(({ name }) => name)).toEqual([
      'SLUICE_REQUESTS',
      'logger-requests',
    ]);
    const { config, state } = await manager.streams.info('SLUICE_REQUESTS');
    expect([config.max_bytes, state.messages]).toEqual([STREAMS.SLUICE_REQUESTS.maxBytes, 1]);
  });

  it('never shrinks a stream below what it holds, and says so', async () => {
    await ensure(64 * MIB);
    const js = jetstream(await nats.ready);
    for (let n = 0; n < 3; n += 1) await js.publish('sluice.v1.request.failed', 'x'.repeat(500 * 1024));
    await ensure(MIB);
    const { config, state } = await manager.streams.info('SLUICE_REQUESTS');
    expect([config.max_bytes, state.messages]).toEqual([64 * MIB, 3]);
    expect(log.of('warn')).toMatchObject([
      expect.stringMatching(/^JetStream SLUICE_REQUESTS: max_bytes stays/),
    ]);
  });

  it('makes smaller streams where the store is small, with a warning for each', async () => {
    await nats.close();
    await server.stop();
    await start({ maxFileStoreBytes: 1024 * MIB });
    await ensure();
    const sizes: number[] = [];
    for (const name of Object.keys(STREAMS)) {
      sizes.push((await manager.streams.info(name)).config.max_bytes / MIB);
    }
    // In the order of the table, of 1024.
    expect(sizes).toEqual([512, 128, 128, 128, 64]);
    expect(log.of('warn')).toHaveLength(4);
  });
});
