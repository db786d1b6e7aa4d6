import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { jetstreamManager } from '@nats-io/jetstream';
import { startTestNats, tempDir, waitFor, type TempDir, type TestServer } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  MemoryLog,
  newEventId,
  recoverIntent,
  toEventJson,
  toIntentJson,
} from './__fixtures__/request-event.js';
import { ensureTopology } from './ensure-streams.js';
import { EventPublisher, type EventPublisherOptions } from './event-publisher.js';
import { connectNats, type NatsLink } from './nats-connection.js';
import { EventSpool } from './spool/event-spool.js';
import type { EventSpoolOptions } from './spool/event-spool.types.js';

const SUBJECT = 'sluice.v1.request.succeeded';

let server: TestServer;
let folder: TempDir;
let log: MemoryLog;
let nats: NatsLink;
const cleanups: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  [server, folder] = await Promise.all([startTestNats(), tempDir()]);
  log = new MemoryLog();
  // Quick to notice a server that answers no more.
  nats = connectNats({ url: server.url, name: 'test', log, connectionOptions: { pingInterval: 300 } });
});
afterEach(async () => {
  server.resume();
  for (const cleanup of cleanups.splice(0)) await cleanup();
  await nats.close();
  await server.stop();
  await folder.remove();
});

/** A spool and its publisher, as an edge has them. */
function startEdge(
  options: { spool?: Partial<EventSpoolOptions>; publisher?: Partial<EventPublisherOptions> } = {},
): { spool: EventSpool; publisher: EventPublisher; stop: () => Promise<void> } {
  const spool = EventSpool.open({
    rootDir: folder.path,
    log,
    recoverIntent,
    checkpointIntervalMs: 20,
    ...options.spool,
  });
  const publisher = new EventPublisher({ spool, nats, log, ackTimeoutMs: 500, ...options.publisher });
  publisher.start();
  const stop = async (): Promise<void> => {
    await publisher.close(0);
    await spool.close();
  };
  cleanups.push(stop);
  return { spool, publisher, stop };
}

function append(spool: EventSpool, userBytes = 0): string {
  const eventId = newEventId();
  spool.appendIntent(eventId, toIntentJson(eventId));
  spool.appendRequestEvent(eventId, SUBJECT, (spoolSeq) =>
    toEventJson({ eventId, spoolSeq, spoolId: spool.spoolId }, { user: 'x'.repeat(userBytes) }),
  );
  return eventId;
}

const makeStreams = async (): Promise<unknown> => ensureTopology(await nats.ready, { log });

interface StoredEvent {
  eventId: string;
  spoolSeq: number;
  outcome: string;
}
interface StoredMessage {
  subject: string;
  contentType: string;
  bytes: number;
  events: StoredEvent[];
}

async function storedMessages(): Promise<StoredMessage[]> {
  const manager = await jetstreamManager(await nats.ready);
  const { state } = await manager.streams.info('SLUICE_REQUESTS');
  const messages: StoredMessage[] = [];
  for (let seq = state.first_seq; seq <= state.last_seq && state.messages > 0; seq += 1) {
    const message = (await manager.streams.getMessage('SLUICE_REQUESTS', { seq }))!;
    messages.push({
      subject: message.subject,
      contentType: message.header.get('content-type'),
      bytes: message.data.length,
      events: message.json<{ data?: StoredEvent }[]>().map((event) => event.data ?? (event as never)),
    });
  }
  return messages;
}

const storedEvents = async (): Promise<StoredEvent[]> =>
  (await storedMessages()).flatMap((message) => message.events);
const storedIds = async (): Promise<string[]> => (await storedEvents()).map(({ eventId }) => eventId);

describe('EventPublisher', () => {
  it("has the server's receipts sent to the inbox of its user alone", async () => {
    await makeStreams();
    const inboxes: string[] = [];
    (await nats.ready).subscribe('_INBOX_edge.>', {
      callback: (_, { subject }) => void inboxes.push(subject),
    });
    await (await nats.ready).flush();
    const own = connectNats({ url: server.url.replace('://', '://edge:any@'), name: 'edge', log });
    cleanups.push(() => own.close());
    await own.ready;
    const { spool } = startEdge({ publisher: { nats: own } });
    append(spool);
    await waitFor(() => inboxes.length === 1);
    expect(inboxes).toHaveLength(1);
  });

  it('publishes batches of up to 64 events of one subject within 50 ms, in the order of their numbers', async () => {
    await makeStreams();
    const { spool, publisher } = startEdge();
    const ids = Array.from({ length: 200 }, () => append(spool, 100));
    const startedMs = performance.now();
    await waitFor(() => publisher.stats().publishedEvents === 200);
    expect(performance.now() - startedMs).toBeLessThan(1000);
    const messages = await storedMessages();
    expect(messages.map(({ events }) => events.length)).toEqual([64, 64, 64, 8]);
    expect(messages.every(({ contentType }) => contentType === 'application/cloudevents-batch+json')).toBe(
      true,
    );
    expect(messages.flatMap(({ events }) => events.map(({ eventId }) => eventId))).toEqual(ids);
    expect(spool.stats().pending).toBe(0);
  });

  it('keeps a message under 512 KiB, and gives a larger event one of its own if NATS takes it', async () => {
    await makeStreams();
    const { spool, publisher } = startEdge();
    for (let n = 0; n < 12; n += 1) append(spool, 60 * 1024);
    const large = append(spool, 700 * 1024);
    const tooLarge = append(spool, 1100 * 1024);
    const last = append(spool);
    expect(await publisher.flush(5000)).toBe(true);
    const messages = await storedMessages();
    const own = messages.filter(({ bytes }) => bytes > 512 * 1024);
    expect(own.map(({ events }) => events.map(({ eventId }) => eventId))).toEqual([[large]]);
    const ids = messages.flatMap(({ events }) => events.map(({ eventId }) => eventId));
    expect(ids).toHaveLength(14);
    expect(ids).toContain(last);
    expect(ids).not.toContain(tooLarge);
    expect(publisher.stats().oversizedEvents).toBe(1);
    expect(spool.stats()).toMatchObject({ pending: 0, droppedByStream: { SLUICE_REQUESTS: 1 } });
    expect(log.of('error')).toHaveLength(1);
    // A message above max_payload would have cost the connection.
    expect(log.of('warn')).toEqual([]);
  });

  it('loses nothing when nats-server is killed again and again while it publishes', async () => {
    await makeStreams();
    const { spool, publisher } = startEdge();
    const ids: string[] = [];
    const writer = setInterval(() => {
      for (let n = 0; n < 10; n += 1) ids.push(append(spool, 300));
    }, 5);
    for (let kill = 0; kill < 3; kill += 1) {
      const before = publisher.stats().publishedEvents;
      await waitFor(() => publisher.stats().publishedEvents > before + 100, { timeoutMs: 15_000 });
      await server.kill();
      await server.restart();
    }
    clearInterval(writer);
    expect(await publisher.flush(20_000)).toBe(true);
    expect(new Set(await storedIds())).toEqual(new Set(ids));
    expect(spool.stats().droppedByStream.SLUICE_REQUESTS).toBe(0);
  }, 60_000);

  it('writes next to nothing to a frozen server, and loses nothing', async () => {
    await makeStreams();
    const { spool, publisher } = startEdge({ publisher: { ackTimeoutMs: 200 } });
    const ids = [append(spool)];
    await waitFor(() => publisher.stats().publishedEvents === 1);
    server.pause();
    const bytesBefore = nats.connection()!.stats().outBytes;
    const until = performance.now() + 2500;
    while (performance.now() < until) {
      for (let n = 0; n < 20; n += 1) ids.push(append(spool, 1000));
      await pause(10);
    }
    // One window of messages before the first timeout, then probes.
    expect(nats.connection()!.stats().outBytes - bytesBefore).toBeLessThan(4 * 1024 * 1024);
    expect(publisher.stats().isFlowing).toBe(false);
    server.resume();
    expect(await publisher.flush(20_000)).toBe(true);
    expect(new Set(await storedIds())).toEqual(new Set(ids));
    expect(log.of('warn').filter((line) => line.startsWith('events are not stored'))).toHaveLength(1);
  }, 40_000);

  it('starts and takes events while NATS is down, and publishes them when it comes', async () => {
    await makeStreams();
    await nats.close();
    await server.halt();
    nats = connectNats({ url: server.url, name: 'test', log });
    const { spool, publisher } = startEdge({ spool: { liveQueue: { maxEvents: 100, maxBytes: 1e6 } } });
    const ids = Array.from({ length: 2000 }, () => append(spool, 100));
    expect(await publisher.flush(50)).toBe(false);
    await server.restart();
    expect(await publisher.flush(20_000)).toBe(true);
    const events = await storedEvents();
    expect(events.map(({ eventId }) => eventId)).toEqual(ids);
    expect(events.map(({ spoolSeq }) => spoolSeq)).toEqual(ids.map((_, at) => at + 1));
  }, 40_000);

  it('keeps events while their stream is missing, with one line in the log, and publishes them when it is made', async () => {
    await nats.ready;
    const { spool, publisher } = startEdge();
    const id = append(spool);
    await waitFor(() => !publisher.stats().isFlowing);
    await waitFor(() => publisher.stats().resentMessages >= 2);
    expect(log.of('warn')).toHaveLength(1);
    await makeStreams();
    expect(await publisher.flush(10_000)).toBe(true);
    expect(await storedIds()).toEqual([id]);
  });

  it('publishes what a killed process had written: every outcome once, every unfinished request as unknown once', async () => {
    await makeStreams();
    const fixture = (name: string): string =>
      fileURLToPath(new URL(`./__fixtures__/${name}`, import.meta.url));
    const child = spawn(
      process.execPath,
      ['--import', fixture('run-sources.mjs'), fixture('spool-writer.ts'), folder.path],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    await waitFor(() => output.split('\n').length > 2000, { timeoutMs: 20_000 });
    child.kill('SIGKILL');
    await once(child, 'close');
    const said = (word: string): string[] =>
      output
        .split('\n')
        .filter((line) => line.startsWith(`${word} `))
        .map((line) => line.slice(word.length + 1));
    const finished = said('event');
    const begun = said('intent');
    expect(said('error')).toEqual([]);

    const first = startEdge();
    await waitFor(() => first.spool.stats().adoptedSpools === 1);
    // A second death, of the heir, somewhere in the middle.
    await first.stop();
    const { spool } = startEdge();
    await waitFor(() => readdirSync(folder.path).length === 1, { timeoutMs: 10_000 });
    expect(readdirSync(folder.path)).toEqual([spool.spoolId]);

    const events = new Map((await storedEvents()).map((event) => [event.eventId, event]));
    const unknown = [...events.values()].filter(({ outcome }) => outcome === 'unknown');
    const unknownIds = new Set(unknown.map(({ eventId }) => eventId));
    // The process may have died between a write and its word.
    const slack = 1;
    expect(finished.every((id) => events.has(id) && !unknownIds.has(id))).toBe(true);
    expect(begun.every((id) => events.has(id))).toBe(true);
    expect(events.size - begun.length).toBeLessThanOrEqual(slack);
    expect(events.size - unknown.length - finished.length).toBeLessThanOrEqual(slack);
    const numbers = [...events.values()].map(({ spoolSeq }) => spoolSeq).sort((a, b) => a - b);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
  }, 60_000);

  it('publishes after a restart what was sent and not answered', async () => {
    await makeStreams();
    const first = startEdge();
    server.pause();
    const ids = Array.from({ length: 10 }, () => append(first.spool));
    await waitFor(() => first.publisher.stats().inFlight > 0);
    await first.stop();
    expect(first.spool.stats().pending).toBe(10);
    // The frozen server still had the messages in its socket: a new one has not.
    await server.kill();
    await server.restart();
    startEdge();
    await waitFor(async () => (await storedEvents()).length === 10, { timeoutMs: 10_000 });
    expect(new Set(await storedIds())).toEqual(new Set(ids));
  });

  it('does not publish again after a restart what had its PubAck', async () => {
    await makeStreams();
    const first = startEdge();
    for (let n = 0; n < 100; n += 1) append(first.spool);
    const unfinished = newEventId();
    first.spool.appendIntent(unfinished, toIntentJson(unfinished));
    expect(await first.publisher.close(5000)).toBe(true);
    await first.stop();
    const second = startEdge();
    await waitFor(async () => (await storedIds()).includes(unfinished));
    expect(second.publisher.stats()).toMatchObject({ publishedEvents: 1, resentMessages: 0 });
    expect(await storedEvents()).toHaveLength(101);
  });
});
