import { startTestNats, waitFor, type TestServer } from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MemoryLog } from './__fixtures__/request-event.js';
import { connectNats, parseNatsUrl, type NatsLink } from './nats-connection.js';

let server: TestServer;
let log: MemoryLog;
let nats: NatsLink;

beforeEach(async () => {
  server = await startTestNats();
  log = new MemoryLog();
});
afterEach(async () => {
  await nats.close();
  await server.stop();
});

describe('connectNats', () => {
  it('returns at once while the server is down, and connects when it comes', async () => {
    await server.halt();
    nats = connectNats({ url: server.url, name: 'test', log });
    expect([nats.isConnected(), nats.connection()]).toEqual([false, null]);
    await waitFor(() => log.of('warn').length === 1);
    expect(log.of('warn')[0]).toBe(`NATS is not reachable at ${nats.address} (NATS_URL); trying on`);
    await server.restart();
    await nats.ready;
    expect(nats.isConnected()).toBe(true);
  });

  it('reconnects after a kill, with one line for each change', async () => {
    nats = connectNats({ url: server.url, name: 'test', log });
    await nats.ready;
    const seen: boolean[] = [];
    nats.onChange((isConnected) => seen.push(isConnected));
    for (let kill = 0; kill < 2; kill += 1) {
      await server.kill();
      await waitFor(() => !nats.isConnected());
      await server.restart();
      await waitFor(() => nats.isConnected());
    }
    expect(seen).toEqual([false, true, false, true]);
    expect(log.lines.map(({ level }) => level)).toEqual(['info', 'warn', 'info', 'warn', 'info']);
    expect(log.lines.every(({ message }) => message.includes('NATS_URL'))).toBe(true);
  });

  it('can be closed before it was ever connected', async () => {
    await server.halt();
    nats = connectNats({ url: server.url, name: 'test', log });
    await nats.close();
    await expect(nats.ready).rejects.toThrow(/closed/);
  });

  it('closes in bounded time when the server is frozen', async () => {
    nats = connectNats({ url: server.url, name: 'test', log });
    await nats.ready;
    server.pause();
    const startedMs = performance.now();
    await nats.close();
    expect(performance.now() - startedMs).toBeLessThan(11_000);
    server.resume();
  });
});

it('a user gets its replies at an inbox of its own', async () => {
  nats = connectNats({ url: server.url.replace('://', '://logger:any@'), name: 'test', log });
  const connection = await nats.ready;
  const inboxes: string[] = [];
  connection.subscribe('ask', {
    callback: (_, message) => {
      inboxes.push(message.reply ?? '');
      message.respond('answer');
    },
  });
  expect((await connection.request('ask')).string()).toBe('answer');
  expect(inboxes).toEqual([expect.stringMatching(/^_INBOX_logger\./)]);
});

describe('parseNatsUrl', () => {
  it('keeps credentials out of the address', () => {
    nats = connectNats({ url: server.url, name: 'test', log });
    const { address, options } = parseNatsUrl('nats://edge:s%40cret@one:4222, tls://two:4223');
    expect(address).toBe('nats://one:4222,tls://two:4223');
    expect(options).toEqual({
      servers: ['one:4222', 'two:4223'],
      tls: {},
      user: 'edge',
      pass: 's@cret',
      inboxPrefix: '_INBOX_edge',
    });
    expect(parseNatsUrl('nats://t0ken@one').options).toEqual({ servers: ['one'], token: 't0ken' });
    expect(parseNatsUrl('localhost:4222').address).toBe('nats://localhost:4222');
  });

  it.each(['a.b', '*', 'two%20words'])(
    'the user %j, no part of a subject, keeps the shared inbox',
    (user) => {
      nats = connectNats({ url: server.url, name: 'test', log });
      expect(parseNatsUrl(`nats://${user}:secret@one`).options).not.toHaveProperty('inboxPrefix');
    },
  );

  it.each(['', 'http://one:1', 'nats://', 'nats://a b:1'])('refuses %j without showing it', (url) => {
    nats = connectNats({ url: server.url, name: 'test', log });
    expect(() => parseNatsUrl(url)).toThrow(/^NATS_URL must look like/);
  });
});
