// Events of the other streams: one by one, and no stream waits for another.
import { jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { startTestNats, tempDir, waitFor, type TempDir, type TestServer } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryLog, newEventId, recoverIntent, toEventJson } from './__fixtures__/request-event.js';
import { ensureTopology } from './ensure-streams.js';
import { EventPublisher } from './event-publisher.js';
import { connectNats, type NatsLink } from './nats-connection.js';
import { EventSpool } from './spool/event-spool.js';
import { GroupCommit } from './spool/group-commit.js';

const HEALTH_SUBJECT = 'sluice.v1.health.p1.opened';

let server: TestServer;
let folder: TempDir;
let log: MemoryLog;
let nats: NatsLink;
let manager: JetStreamManager;
const ends: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  [server, folder] = await Promise.all([startTestNats(), tempDir()]);
  log = new MemoryLog();
  nats = connectNats({ url: server.url, name: 'test', log, connectionOptions: { pingInterval: 300 } });
  manager = await jetstreamManager(await nats.ready);
  await ensureTopology(await nats.ready, { log });
});
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  await nats.close();
  await server.stop();
  await folder.remove();
});

function startEdge({ liveEvents = 8_192 } = {}) {
  const liveQueue = { maxEvents: liveEvents, maxBytes: 8e6 };
  const spool = EventSpool.open({ rootDir: folder.path, log, recoverIntent, liveQueue });
  const records = new GroupCommit(spool);
  const publisher = new EventPublisher({ spool, nats, log, ackTimeoutMs: 500 });
  publisher.start();
  const stop = async (): Promise<void> => {
    records.flush();
    await publisher.close(0);
    await spool.close();
  };
  ends.push(stop);
  const appendHealth = (): string => {
    const eventId = newEventId();
    const toJson = (spoolSeq: number): string => JSON.stringify({ id: eventId, data: { spoolSeq } });
    records.appendEvent('SLUICE_HEALTH', { eventId, subject: HEALTH_SUBJECT, toJson });
    return eventId;
  };
  const appendRequest = (): void => {
    const eventId = newEventId();
    records.appendRequestEvent(eventId, 'sluice.v1.request.succeeded', (spoolSeq) =>
      toEventJson({ eventId, spoolSeq, spoolId: spool.spoolId }),
    );
  };
  return { spool, publisher, appendHealth, appendRequest, stop };
}

async function storedHealth(): Promise<
  { contentType: string; subject: string; id: string; spoolSeq: number }[]
> {
  const { state } = await manager.streams.info('SLUICE_HEALTH');
  const stored = [];
  for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq += 1) {
    const message = (await manager.streams.getMessage('SLUICE_HEALTH', { seq }))!;
    const { id, data } = message.json<{ id: string; data: { spoolSeq: number } }>();
    stored.push({
      contentType: message.header.get('content-type'),
      subject: message.subject,
      id,
      spoolSeq: data.spoolSeq,
    });
  }
  return stored;
}
const countRequests = async (): Promise<number> =>
  (await manager.streams.info('SLUICE_REQUESTS')).state.messages;

describe('events beside the requests', () => {
  it('travel one by one as a CloudEvent, numbered by themselves', async () => {
    const edge = startEdge();
    const ids = [1, 2, 3].map(() => {
      edge.appendRequest();
      return edge.appendHealth();
    });
    await waitFor(() => edge.publisher.stats().publishedEvents === 6);
    expect(await storedHealth()).toEqual(
      ids.map((id, at) => ({
        contentType: 'application/cloudevents+json',
        subject: HEALTH_SUBJECT,
        id,
        spoolSeq: at + 1,
      })),
    );
    expect(await countRequests()).toBe(1);
  });

  it('survive an outage of NATS and the end of their process', async () => {
    await server.halt();
    await waitFor(() => !nats.isConnected());
    const first = startEdge();
    const ids = Array.from({ length: 20 }, () => first.appendHealth());
    await first.stop();
    expect(first.spool.stats().pending).toBe(20);
    await server.restart();
    startEdge();
    await waitFor(async () => nats.isConnected() && (await storedHealth()).length === 20, {
      timeoutMs: 15_000,
    });
    const stored = await storedHealth();
    expect(stored.map(({ id }) => id)).toEqual(ids);
    expect(stored.map(({ spoolSeq }) => spoolSeq)).toEqual(ids.map((_, at) => at + 1));
  }, 30_000);

  it('hold up no request when their stream takes none, and come when it is made again', async () => {
    await manager.streams.delete('SLUICE_HEALTH');
    const edge = startEdge();
    const id = edge.appendHealth();
    await waitFor(() => !edge.publisher.stats().isFlowing);
    for (let n = 0; n < 100; n += 1) edge.appendRequest();
    await waitFor(() => edge.publisher.stats().publishedEvents === 100, { timeoutMs: 2_000 });
    expect(edge.spool.stats().pending).toBe(1);
    await ensureTopology(await nats.ready, { log });
    await waitFor(async () => (await storedHealth()).length === 1, { timeoutMs: 10_000 });
    expect(await storedHealth()).toMatchObject([{ id, spoolSeq: 1 }]);
    expect(log.of('warn').filter((line) => line.startsWith('events are not stored'))).toHaveLength(1);
  }, 20_000);

  it('do not wait for requests that are refused, however many of these there are, and each comes once', async () => {
    await manager.streams.delete('SLUICE_REQUESTS');
    const edge = startEdge({ liveEvents: 50 });
    edge.appendRequest();
    await waitFor(() => !edge.publisher.stats().isFlowing);
    const ids: string[] = [];
    for (let n = 0; n < 20; n += 1) {
      for (let request = 0; request < 50; request += 1) edge.appendRequest();
      ids.push(edge.appendHealth());
    }
    const startedMs = performance.now();
    await waitFor(async () => (await storedHealth()).length === 20, { timeoutMs: 5_000 });
    expect(performance.now() - startedMs).toBeLessThan(1_000);
    await waitFor(() => edge.spool.stats().pending === 1_001);
    await ensureTopology(await nats.ready, { log });
    expect(await edge.publisher.flush(10_000)).toBe(true);
    expect((await storedHealth()).map(({ id }) => id)).toEqual(ids);
    expect(edge.publisher.stats().publishedEvents).toBe(1_021);
    expect(edge.spool.stats().droppedByStream.SLUICE_HEALTH).toBe(0);
  }, 20_000);

  it('are found on disk behind requests that are refused', async () => {
    await manager.streams.delete('SLUICE_REQUESTS');
    await server.halt();
    await waitFor(() => !nats.isConnected());
    const first = startEdge();
    for (let n = 0; n < 1_000; n += 1) first.appendRequest();
    const id = first.appendHealth();
    await first.stop();
    await server.restart();
    const second = startEdge();
    await waitFor(async () => nats.isConnected() && (await storedHealth()).length === 1, {
      timeoutMs: 10_000,
    });
    expect(await storedHealth()).toMatchObject([{ id }]);
    await waitFor(() => second.spool.stats().adoptedPending === 1_000);
  }, 20_000);

  it('are dropped and counted, the oldest first, when very many wait for a stream that takes none', async () => {
    await manager.streams.delete('SLUICE_HEALTH');
    const edge = startEdge();
    for (let n = 0; n < 9_000; n += 1) edge.appendHealth();
    await waitFor(() => edge.spool.stats().droppedByStream.SLUICE_HEALTH > 0, { timeoutMs: 10_000 });
    edge.appendRequest();
    await waitFor(() => edge.publisher.stats().publishedEvents === 1);
    await waitFor(() => edge.spool.stats().pending <= 8_192 + 32);
    const { pending, droppedByStream } = edge.spool.stats();
    expect(pending + droppedByStream.SLUICE_HEALTH).toBe(9_000);
    expect(log.of('error')).toHaveLength(1);
  }, 30_000);
});
