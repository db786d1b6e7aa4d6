// Every bound on what a provider may send: what lies beyond it is a 502 that says why, at once and not when a timer
// ends it, and the connection is closed with most of the flood unread.
import type { Socket } from 'node:net';
import { waitFor } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, chatBody, errorOf } from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { modelOver } from '../__fixtures__/test-generation.js';
import { flood, type Play, send } from './__fixtures__/evil/evil-case.js';
import { CHUNKED, head } from './__fixtures__/evil/honest-answers.js';
import { type RawServer, startRawServer } from './http1/__fixtures__/raw-server.js';

/** What lies in buffers of the system and of Node at both ends when a connection breaks. */
const BUFFERS_BYTES = 12 * 1024 * 1024;
const MIB = 1024 * 1024;
const OK = 'HTTP/1.1 200 OK\r\n';
const [PLAIN, STREAM] = [{ stream: false }, { stream: true }];
const filler = Buffer.alloc(65_536, 'x');

let provider: RawServer;
let edge: TestEdge;
let play: Play;
let socket: Socket;
beforeAll(async () => {
  provider = await startRawServer((request) => {
    socket = request.socket;
    play(socket);
  });
  // With timers of minutes: it is the bound that ends a call here.
  edge = await startTestEdge(
    modelOver([{ baseUrl: `${provider.address.origin}/v1` }], {
      sections: {
        retry: { maxAttempts: 1 },
        circuitBreaker: { consecutiveFailures: 1_000_000, minRequests: 1_000_000 },
      },
    }),
  );
});
afterAll(async () => {
  await edge[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

interface Bound {
  readonly name: string;
  readonly stream: boolean;
  readonly play: Play;
  readonly words: RegExp;
  /** How much of it may have been read. */
  readonly bytes: number;
}

const BOUNDS: readonly Bound[] = [
  {
    name: 'headers of 64 KiB',
    ...PLAIN,
    play: flood(OK, `x-a: ${'b'.repeat(1_000)}\r\n`),
    words: /headers are larger than 65536 bytes/,
    bytes: 65_536,
  },
  {
    name: '256 headers',
    ...PLAIN,
    play: send(OK, 'a:b\r\n'.repeat(257), '\r\n'),
    words: /more than 256 headers/,
    bytes: 65_536,
  },
  {
    name: '16 informational answers',
    ...STREAM,
    play: flood('', 'HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n'),
    words: /more than 16 informational answers/,
    bytes: 65_536,
  },
  {
    name: 'chunk extensions as large as the body',
    ...STREAM,
    play: flood(head(STREAM, CHUNKED), `1;${'e'.repeat(1_000)}\r\n:\r\n`),
    words: /chunk extensions are larger than its body/,
    bytes: 131_072,
  },
  {
    name: '16 KiB of trailers',
    ...PLAIN,
    play: flood(`${head(PLAIN, CHUNKED)}2\r\n{}\r\n0\r\n`, 'x: y\r\n'.repeat(1_000)),
    words: /chunk or trailer line is too long/,
    bytes: 131_072,
  },
  {
    name: 'no encoding',
    ...PLAIN,
    play: flood(head(PLAIN, 'content-encoding: gzip\r\n'), filler),
    words: /encoded body that was not asked for/,
    bytes: 65_536,
  },
  {
    name: '64 MiB of a document',
    ...PLAIN,
    play: flood(head(PLAIN), filler),
    words: /larger than 67108864 bytes/,
    bytes: 65 * MIB,
  },
  {
    name: '1 MiB of a line',
    ...STREAM,
    play: flood(head(STREAM), filler),
    words: /a line of more than 1048576 bytes/,
    bytes: 2 * MIB,
  },
  {
    name: '4 MiB of an event',
    ...STREAM,
    play: flood(head(STREAM), `data: ${'x'.repeat(10_000)}\n`),
    words: /an event of more than 4194304 bytes/,
    bytes: 5 * MIB,
  },
  {
    name: '1 MiB without content',
    ...STREAM,
    play: flood(head(STREAM), 'data: {"choices":[]}\n\n'.repeat(500)),
    words: /1048576 bytes without content/,
    bytes: 2 * MIB,
  },
  {
    name: 'UTF-8',
    ...STREAM,
    play: flood(head(STREAM), Buffer.from([0x64, 0xff, 0x0a])),
    words: /not valid UTF-8/,
    bytes: 65_536,
  },
];

describe('a bound on what a provider may send', () => {
  it.each(BOUNDS)(
    '$name: 502 with the reason, closed at once',
    async ({ stream, words, bytes, ...bound }) => {
      play = bound.play;
      const given = await call(edge.port, { body: chatBody({ stream }) });
      expect([given.status, errorOf(given).code]).toEqual([502, 'all_providers_failed']);
      expect(errorOf(given).message).toMatch(words);
      const endedMs = performance.now();
      await waitFor(() => socket.destroyed);
      expect(performance.now() - endedMs).toBeLessThan(1_000);
      expect(socket.bytesWritten).toBeLessThan(bytes + BUFFERS_BYTES);
    },
  );

  it('of an error body without end the first MiB is read, and no more', async () => {
    play = flood('HTTP/1.1 500 Oh\r\n\r\n', filler);
    const given = await call(edge.port);
    expect(errorOf(given).message).toContain('it answered 500');
    await waitFor(() => socket.destroyed);
    expect(socket.bytesWritten).toBeLessThan(2 * MIB + BUFFERS_BYTES);
  });
});
