// The timers of a call: each fires by itself, is named in the error and is its own code in the event.
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import {
  beginStream,
  chunk,
  completion,
  DONE,
  FINISH,
  type ReceivedCall,
  type Reply,
  ROLE,
  silence,
  wholeStream,
} from '../__fixtures__/fake-provider.js';
import { call, chatBody, dataOf, errorOf, wordsOf } from '../__fixtures__/http-client.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';
import { modelOver } from '../__fixtures__/test-generation.js';

const first = providerOfEachTest(silence);
const second = providerOfEachTest();
const STREAM = chatBody({ stream: true });

/** One of them short, all others too long for a test. */
const only = (timeouts: Record<string, string>): { readonly sections: object } => ({
  sections: {
    timeouts: { connect: '20s', firstToken: '20s', idle: '20s', total: '20s', ...timeouts },
    retry: { maxAttempts: 1 },
  },
});

describe('connect', () => {
  const sockets: Socket[] = [];
  let mute: Server | undefined;
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    mute?.close();
  });

  test('a provider that takes the connection and does not shake hands', async () => {
    const server = createServer((socket) => void sockets.push(socket.on('error', () => undefined)));
    mute = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // A listening TCP server's address is an object with a port.
    const { port } = server.address() as { port: number };
    await using edge = await startTestEdge(
      modelOver([{ baseUrl: `https://127.0.0.1:${port}/v1` }], only({ connect: '100ms' })),
    );
    const given = await call(edge.port, { body: STREAM });
    expect(given.status).toBe(502);
    expect(errorOf(given).message).toContain('no connection within 100 ms (timeouts.connect)');
    // Nothing was sent, so it was tried once more, after a backoff.
    expect(given.ms).toBeLessThan(2000);
    const { attempts } = await edge.sink.theEvent();
    expect(attempts.length).toBeGreaterThan(0);
    for (const attempt of attempts) {
      expect(attempt).toMatchObject({ errorCode: 'connect_timeout', status: null, usage: 'none' });
      expect(attempt.durationMs).toBeLessThan(400);
    }
  });
});

describe('first token', () => {
  const WAYS: readonly (readonly [string, Reply, string])[] = [
    ['nothing at all', silence, 'no answer within 150 ms (timeouts.firstToken)'],
    ['headers only', (received) => beginStream(received), 'no content within 150 ms (timeouts.firstToken)'],
    [
      'life signs without content, again and again',
      (received) => {
        beginStream(received, [ROLE]);
        const timer = setInterval(() => received.response.write(': thinking\n\n'), 20);
        received.socket.once('close', () => clearInterval(timer));
      },
      'no content within 150 ms (timeouts.firstToken)',
    ],
  ];

  test.each(WAYS)('of a stream: %s', async (_, reply, reason) => {
    first.reply = reply;
    await using edge = await startTestEdge(modelOver([first], only({ firstToken: '150ms' })));
    const given = await call(edge.port, { body: STREAM });
    expect(given.status).toBe(502);
    expect(errorOf(given).message).toContain(reason);
    expect(given.ms).toBeGreaterThan(140);
    expect(given.ms).toBeLessThan(500);
    expect((await edge.sink.theEvent()).attempts).toMatchObject([{ errorCode: 'first_token_timeout' }]);
  });

  test('a plain answer comes with its last token: its head may take five times as long', async () => {
    first.reply = (received) => void setTimeout(() => completion('late')(received), 200);
    const times = only({ firstToken: '60ms' });
    await using edge = await startTestEdge(modelOver([first], times));
    expect((await call(edge.port)).status).toBe(200);
    first.reply = silence;
    const given = await call(edge.port);
    expect(given.status).toBe(502);
    expect(errorOf(given).message).toContain('no answer within 300 ms (timeouts.firstToken)');
    expect(edge.sink.events[1]?.attempts).toMatchObject([{ errorCode: 'first_token_timeout' }]);
  });

  test('a stream that has begun has all the time it needs, as long as something comes', async () => {
    first.reply = (received) => {
      beginStream(received, [ROLE, chunk({ content: 'a' })]);
      setTimeout(() => received.response.end(wholeStream('b').slice(1).join('')), 250);
    };
    await using edge = await startTestEdge(modelOver([first], only({ firstToken: '100ms' })));
    expect(wordsOf((await call(edge.port, { body: STREAM })).text)).toBe('ab');
  });
});

describe('idle', () => {
  test('a stream that stands still', async () => {
    first.reply = (received) => beginStream(received, [ROLE, chunk({ content: 'kept' })]);
    await using edge = await startTestEdge(modelOver([first, second], only({ idle: '150ms' })));
    const given = await call(edge.port, { body: STREAM });
    const error = errorOf({ text: dataOf(given.text).at(-1) ?? '' });
    expect(error).toMatchObject({ code: 'stream_interrupted' });
    expect(error.message).toContain('nothing came for 150 ms (timeouts.idle)');
    expect(await edge.sink.theEvent()).toMatchObject({
      errorCode: 'stream_interrupted',
      attempts: [{ errorCode: 'idle_timeout' }],
    });
  });

  test('a plain answer that stands still in its middle', async () => {
    first.reply = ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
      response.write('{"choices":');
    };
    await using edge = await startTestEdge(modelOver([first], only({ idle: '150ms' })));
    const given = await call(edge.port);
    expect(given.status).toBe(502);
    expect(errorOf(given).message).toContain('nothing came for 150 ms (timeouts.idle)');
    expect((await edge.sink.theEvent()).attempts).toMatchObject([{ errorCode: 'idle_timeout' }]);
  });

  test('life signs are enough', async () => {
    first.reply = (received) => {
      beginStream(received, [ROLE, chunk({ content: 'a' })]);
      let left = 8;
      const timer = setInterval(() => {
        left -= 1;
        if (left > 0) return void received.response.write(': still here\n\n');
        clearInterval(timer);
        received.response.end(FINISH + DONE);
      }, 50);
    };
    await using edge = await startTestEdge(modelOver([first], only({ idle: '200ms' })));
    const given = await call(edge.port, { body: STREAM });
    expect(given.text.endsWith(DONE)).toBe(true);
  });
});

/** Keeps this process from reading anything, as a long computation or a collection of garbage would. */
function standStill(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe('a stall of our own is not the provider’s fault', () => {
  test('a first token that lay in the socket meanwhile is read before anybody is blamed', async () => {
    first.reply = (received: ReceivedCall) => {
      beginStream(received, [ROLE]);
      setTimeout(() => {
        received.response.end([chunk({ content: 'in time' }), FINISH, DONE].join(''));
        standStill(400);
      }, 50);
    };
    await using edge = await startTestEdge(modelOver([first, second], only({ firstToken: '200ms' })));
    const given = await call(edge.port, { body: STREAM });
    expect(wordsOf(given.text)).toBe('in time');
    expect(second.calls).toEqual([]);
    expect((await edge.sink.theEvent()).attempts).toMatchObject([{ decision: 'served', errorCode: null }]);
  });

  test('so is the rest of a stream that seems to stand still', async () => {
    first.reply = (received: ReceivedCall) => {
      beginStream(received, [ROLE, chunk({ content: 'a' })]);
      setTimeout(() => received.response.write(chunk({ content: 'b' })), 30);
      setTimeout(() => {
        received.response.end([chunk({ content: 'c' }), FINISH, DONE].join(''));
        standStill(400);
      }, 60);
    };
    await using edge = await startTestEdge(modelOver([first], only({ idle: '200ms' })));
    const given = await call(edge.port, { body: STREAM });
    expect(wordsOf(given.text)).toBe('abc');
    expect(given.text.endsWith(DONE)).toBe(true);
  });

  test('a provider that had no time to answer, since the request lay here, gets it', async () => {
    const provider = createHttpServer((received, response) => {
      received.resume();
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      // As long as a network and a quick model take.
      setTimeout(() => response.end(wholeStream('after all').join('')), 40);
    });
    // Everything stops when the connection is made, so before the request goes out.
    provider.once('connection', () => standStill(400));
    await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
    // A listening TCP server's address is an object with a port.
    const { port } = provider.address() as { port: number };
    const routes = [{ baseUrl: `http://127.0.0.1:${port}/v1` }, second];
    await using edge = await startTestEdge(modelOver(routes, only({ firstToken: '150ms' })));
    const given = await call(edge.port, { body: STREAM });
    provider.closeAllConnections();
    provider.close();
    expect(wordsOf(given.text)).toBe('after all');
    expect(second.calls).toEqual([]);
  });
});
