// Providers that swallow: a connection without a handshake, a request without an answer, a stream that stands still. With the
// default times it takes two minutes (`npm run verify:blackhole`); here they are a hundredth of that.
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import {
  beginStream,
  chunk,
  DONE,
  ROLE,
  silence,
  stream,
  wholeStream,
} from '../__fixtures__/fake-provider.js';
import { type Answer, call, chatBody, dataOf, errorOf, wordsOf } from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { modelOver } from '../__fixtures__/test-generation.js';

const isFull = process.env['SLUICE_VERIFY_BLACKHOLE'] === 'full';
/** Of the defaults: connect 5 s, first token 60 s, idle 60 s, keep-alive 15 s. */
const PART = isFull ? 1 : 0.01;
const CONNECT_MS = 5_000 * PART;
const FIRST_TOKEN_MS = 60_000 * PART;
const IDLE_MS = 60_000 * PART;
const KEEP_ALIVE_MS = 15_000 * PART;
const COMMENT = ': keep-alive\n\n';
const TIMEOUT_MS = 30_000 + 200_000 * PART;

const first = providerOfEachTest(silence);
const second = providerOfEachTest(stream(wholeStream('from the second')));
const STREAM = chatBody({ stream: true });
const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

const edgeOver = (providers: readonly { readonly baseUrl: string }[]): Promise<TestEdge> =>
  startTestEdge(modelOver(providers, { sections: isFull ? {} : { timeouts: shortTimes() } }), {
    keepAliveMs: KEEP_ALIVE_MS,
  });

const shortTimes = (): object => ({
  connect: `${CONNECT_MS}ms`,
  firstToken: `${FIRST_TOKEN_MS}ms`,
  idle: `${IDLE_MS}ms`,
});

/** A busy machine is late by so much. */
const LATE_MS = 400;
function expectAbout(ms: number, wantedMs: number): void {
  expect(ms).toBeGreaterThanOrEqual(wantedMs - 5);
  expect(ms).toBeLessThan(wantedMs + LATE_MS + wantedMs * 0.02);
}

/** Every 15 s, in so many seconds; one more or less where the last coincides with the end. */
function expectKeepAlives({ text }: Answer, duringMs: number): void {
  const count = text.split(COMMENT).length - 1;
  const wanted = Math.floor(duringMs / KEEP_ALIVE_MS);
  expect(count).toBeGreaterThanOrEqual(wanted - 1);
  expect(count).toBeLessThanOrEqual(wanted + 3);
}

describe('a provider that swallows', { timeout: TIMEOUT_MS, concurrent: false }, () => {
  test('connections: the next one answers after timeouts.connect', async () => {
    const mute = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    // A listening TCP server's address is an object with a port.
    const { port } = mute.address() as { port: number };
    await using edge = await edgeOver([{ baseUrl: `https://127.0.0.1:${port}/v1` }, second]);
    const given = await call(edge.port, { body: STREAM });
    mute.close();
    expect(wordsOf(given.text)).toBe('from the second');
    expect((await edge.sink.theEvent()).attempts[0]).toMatchObject({ errorCode: 'connect_timeout' });
    expectAbout((await edge.sink.theEvent()).attempts[0]?.durationMs ?? 0, CONNECT_MS);
  });

  test('a request: the client is kept awake, and the next one answers after timeouts.firstToken', async () => {
    await using edge = await edgeOver([first, second]);
    const given = await call(edge.port, { body: STREAM });
    expectAbout(given.ms, FIRST_TOKEN_MS);
    expectKeepAlives(given, FIRST_TOKEN_MS);
    expect(wordsOf(given.text.replaceAll(COMMENT, ''))).toBe('from the second');
    expect(given.text.endsWith(DONE)).toBe(true);
    expect(await edge.sink.theEvent()).toMatchObject({
      outcome: 'succeeded',
      attempts: [{ errorCode: 'first_token_timeout', status: null }, { decision: 'served' }],
    });
  });

  test('the rest of a stream: the client is kept awake, and told after timeouts.idle', async () => {
    first.reply = (received) => beginStream(received, [ROLE, chunk({ content: 'kept' })]);
    await using edge = await edgeOver([first, second]);
    const given = await call(edge.port, { body: STREAM });
    expectAbout(given.ms, IDLE_MS);
    expectKeepAlives(given, IDLE_MS);
    const events = dataOf(given.text.replaceAll(COMMENT, ''));
    expect(wordsOf(events.slice(0, -1).join('\n\n'))).toBe('kept');
    expect(errorOf({ text: events.at(-1) ?? '' })).toMatchObject({ code: 'stream_interrupted' });
    expect(second.calls).toEqual([]);
    expect((await edge.sink.theEvent()).attempts).toMatchObject([{ errorCode: 'idle_timeout' }]);
  });
});
