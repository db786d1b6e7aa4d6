import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LiveNumbers } from '@sluice/contracts';
import { createLogger } from '@sluice/service-kit';
import { FakeClock, waitFor } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LiveFeed } from './live-feed.js';

const NOTHING = { p50: null, p95: null };
const numbers = (instance: string, requestsPerSecond = 1, models = 0): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      at: '2026-11-22T10:00:00.000Z',
      spanSeconds: 60,
      instance,
      total: { requestsPerSecond, tokensPerSecond: 0, errorsPerSecond: 0, latencyMs: NOTHING },
      series: Array.from({ length: models }, (_, index) => ({
        model: `m${index}`.padEnd(200, 'x'),
        provider: 'p',
        requestsPerSecond: 1,
        tokensPerSecond: 1,
        errorsPerSecond: 0,
        latencyMs: NOTHING,
      })),
    } satisfies LiveNumbers),
  );

let clock: FakeClock;
let isConnected: boolean;
let openSessions: () => Promise<ReadonlySet<string>>;
let counts: number[];
let feed: LiveFeed;
let server: Server;
let joined: ServerResponse[];

beforeEach(async () => {
  clock = new FakeClock();
  isConnected = true;
  counts = [];
  joined = [];
  openSessions = () => Promise.resolve(new Set(['session']));
  feed = new LiveFeed({
    nats: { ready: new Promise(() => undefined), isConnected: () => isConnected },
    findOpen: () => openSessions(),
    onCount: (clients) => counts.push(clients),
    log: createLogger({ service: 't', instance: 't', level: 'silent' }),
    now: clock.now,
  });
  server = createServer((_, response) => {
    response.writeHead(200);
    joined.push(response);
    feed.join(response, 'session');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

interface Client {
  readonly answer: IncomingMessage;
  text: string;
  isEnded: boolean;
}

async function open(): Promise<Client> {
  const sent = request({ port: (server.address() as AddressInfo).port, agent: false });
  sent.end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const client = { answer, text: '', isEnded: false };
  answer.setEncoding('utf8').on('data', (chunk: string) => (client.text += chunk));
  answer.on('error', () => undefined).on('close', () => (client.isEnded = true));
  return client;
}
const tick = async (times = 1): Promise<void> => {
  for (let run = 0; run < times; run += 1) {
    await clock.advance(1_000);
    feed.tick();
  }
};

describe('the live feed', () => {
  it('tells a client each 15 seconds that it is there, when there is nothing else to say', async () => {
    const client = await open();
    await tick(14);
    expect(client.text).not.toMatch(/^:$/m);
    await tick();
    await waitFor(() => /^:$/m.test(client.text));
  });

  it('another publisher takes over when the first is silent for three seconds, not before', async () => {
    feed.take(numbers('one', 1));
    const client = await open();
    await tick(2);
    feed.take(numbers('two', 2));
    await tick(1);
    feed.take(numbers('two', 3));
    feed.take(numbers('one', 4));
    await waitFor(() => client.text.includes('"requestsPerSecond":3'));
    expect(client.text).not.toContain('"requestsPerSecond":2');
    expect(client.text).not.toContain('"requestsPerSecond":4');
  });

  it('says that numbers are away once, whatever the reason, and again only when it is another', async () => {
    feed.take(numbers('one'));
    const client = await open();
    await tick(10);
    await waitFor(() => client.text.includes('{"reason":"publisher"}'));
    isConnected = false;
    await tick(3);
    await waitFor(() => client.text.includes('{"reason":"nats"}'));
    expect(client.text.match(/event: away/g)).toHaveLength(2);
  });

  it('a client that does not read is dropped, and the others go on', async () => {
    const [slow, quick] = [await open(), await open()];
    slow.answer.pause();
    const large = numbers('one', 1, 100);
    for (let run = 0; run < 2_000 && counts.at(-1) !== 1; run += 1) {
      feed.take(large);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(counts.at(-1)).toBe(1);
    const before = quick.text.length;
    feed.take(numbers('one'));
    await waitFor(() => quick.text.length > before);
    expect(quick.isEnded).toBe(false);
  });

  it('a client that neither reads nor closes is out when its stream ends, and harms nobody later', async () => {
    const [stuck, other] = [await open(), await open()];
    stuck.answer.pause();
    const [response] = joined;
    const errors: unknown[] = [];
    response!.on('error', (error) => errors.push(error));
    // Full on the way, and not yet so full that it is dropped.
    for (let run = 0; run < 2_000 && response!.writableLength < 64 * 1024; run += 1) {
      feed.take(numbers('one', 1, 100));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect([response!.destroyed, counts.at(-1)]).toEqual([false, 2]);
    feed.stop();
    expect(counts.at(-1)).toBe(0);
    feed.take(numbers('one'));
    feed.stop();
    await tick(15);
    await waitFor(() => response!.destroyed && other.isEnded);
    expect(errors).toEqual([]);
  });

  it('a session that has ended, or is no more of one who sees all, ends the stream within five seconds', async () => {
    const client = await open();
    openSessions = () => Promise.resolve(new Set());
    await tick(5);
    await waitFor(() => client.isEnded);
    expect(client.text).toMatch(/event: ended\ndata: {"reason":"session"}\n\n$/);
  });

  it('while nobody knows of the sessions streams go on for a minute, no longer', async () => {
    const client = await open();
    openSessions = () => Promise.reject(new Error('the database is away'));
    await tick(60);
    expect(client.isEnded).toBe(false);
    await tick(5);
    await waitFor(() => client.isEnded);
  });

  it('has room for a hundred, and for none when it has stopped', async () => {
    const clients = await Promise.all(Array.from({ length: 99 }, open));
    expect(feed.hasRoom).toBe(true);
    clients.push(await open());
    expect([feed.hasRoom, counts.at(-1)]).toEqual([false, 100]);
    feed.stop();
    await waitFor(() => clients.every((client) => client.isEnded));
    expect(clients.every((client) => client.text.endsWith('{"reason":"stopping"}\n\n'))).toBe(true);
    expect([feed.hasRoom, counts.at(-1)]).toEqual([false, 0]);
  });
});
