// Providers that break, lie, stall or vanish; listeners that abort, pause or throw.
import { freePort, waitFor } from '@sluice/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { answer, type RawReply, type RawServer, startRawServer } from './__fixtures__/raw-server.js';
import { callOnce, RecordedCall } from './__fixtures__/recorded-call.js';
import { startStoppedServer } from './__fixtures__/stopped-server.js';
import { Http1Transport, type Http1TransportOptions } from './http1-transport.js';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const resource of open.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

async function start(reply: RawReply): Promise<RawServer> {
  const server = await startRawServer(reply);
  open.push(server);
  return server;
}

function makeTransport(options: Http1TransportOptions = {}): Http1Transport {
  const transport = new Http1Transport(options);
  open.push({ [Symbol.asyncDispose]: () => transport.close() });
  return transport;
}

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
const whole = { status: 200, body: 'ok', failure: null };

describe('Http1Transport, a provider that breaks', () => {
  it.each([
    [
      'in a body with a length',
      'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf',
      { status: 200, body: 'half' },
    ],
    ['in a chunk', `${CHUNKED}a\r\nhalf`, { status: 200, body: 'half' }],
    ['between two chunks', `${CHUNKED}4\r\nhalf\r\n`, { status: 200, body: 'half' }],
    ['in the last chunk', `${CHUNKED}4\r\nhalf\r\n0\r\n`, { status: 200, body: 'half' }],
    ['in the headers', 'HTTP/1.1 200 OK\r\ncontent-le', { status: null, body: '' }],
    ['after an informational answer', 'HTTP/1.1 100 Continue\r\n\r\n', { status: null, body: '' }],
    ['before any byte', '', { status: null, body: '' }],
  ])('%s: the call fails with reset, whether it closes or resets', async (_title, text, heard) => {
    const server = await start(({ socket, head }) => {
      if (head.includes('x-how: end')) socket.end(text);
      else socket.write(text, () => setImmediate(() => socket.resetAndDestroy()));
    });
    const transport = makeTransport();
    const ended = await callOnce(transport, server.address, { headers: ['x-how', 'end'] });
    expect(ended).toMatchObject({ ...heard, failure: { kind: 'reset' } });
    const reset = await callOnce(transport, server.address);
    expect(reset.failure?.kind).toBe('reset');
    expect(ended.failure?.isReusedSocket).toBeUndefined();
    expect(transport.openCount).toBe(0);
  });

  it('a body that ends with the connection is whole when it closes, and broken when it resets', async () => {
    const server = await start(({ socket, head }) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nok');
      if (head.includes('x-how: end')) socket.end();
    });
    const transport = makeTransport();
    expect(await callOnce(transport, server.address, { headers: ['x-how', 'end'] })).toEqual(whole);
    const broken = new RecordedCall(transport, server.address);
    await waitFor(() => broken.body === 'ok');
    server.sockets[1]!.resetAndDestroy();
    expect(await broken.outcome).toMatchObject({ body: 'ok', failure: { kind: 'reset' } });
    expect(transport.openCount).toBe(0);
  });

  it('a used connection that closes without a byte says so, and only then', async () => {
    const server = await start(({ socket, index, head }) => {
      if (index === 0) socket.write(answer('ok'));
      else socket.end(head.includes('x-how: late') ? 'HTTP/1.1 2' : '');
    });
    const transport = makeTransport();
    await callOnce(transport, server.address);
    expect((await callOnce(transport, server.address)).failure).toMatchObject({
      kind: 'reset',
      isReusedSocket: true,
    });
    await callOnce(transport, server.address);
    const late = await callOnce(transport, server.address, { headers: ['x-how', 'late'] });
    expect(late.failure?.kind).toBe('reset');
    expect(late.failure?.isReusedSocket).toBeUndefined();
  });

  it('100 and 103 before the answer are not heard', async () => {
    const server = await start(({ socket }) =>
      socket.write(
        `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: <a>\r\n\r\n${answer('ok')}`,
      ),
    );
    const recorded = new RecordedCall(makeTransport(), server.address);
    expect(await recorded.outcome).toEqual(whole);
    expect(recorded.headers['link']).toBeUndefined();
  });

  it.each([
    ['headers without end', `HTTP/1.1 200 OK\r\n${'x-a: bbbbbbbb\r\n'.repeat(6_000)}`],
    ['two framings', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['another protocol', '220 mail ESMTP\r\n'],
    ['a broken chunk', `${CHUNKED}zz\r\n`],
  ])('%s: the call fails with protocol and the connection is closed', async (_title, text) => {
    const server = await start(({ socket }) => socket.write(text));
    const transport = makeTransport();
    expect((await callOnce(transport, server.address)).failure?.kind).toBe('protocol');
    await waitFor(() => server.sockets[0]!.destroyed);
    expect(transport.openCount).toBe(0);
  });
});

describe('Http1Transport, a provider that cannot be reached', () => {
  const address = (port: number, host = '127.0.0.1') => ({
    origin: `http://${host}:${port}`,
    path: '/',
    headers: [],
    allowPrivateNetwork: true,
  });

  it('nobody listens: refused, with the reason, and nothing was sent', async () => {
    const outcome = await callOnce(makeTransport(), address(await freePort()));
    const message = 'the connection was refused (ECONNREFUSED)';
    expect(outcome.failure).toEqual({ kind: 'refused', message, isSent: false });
  });

  it('a name that does not exist: dns, and nothing was sent', async () => {
    const outcome = await callOnce(makeTransport(), address(80, 'no-such-host.invalid'));
    expect(outcome.failure).toMatchObject({ kind: 'dns', isSent: false });
    expect(outcome.failure?.message).toMatch(/^the provider's name could not be resolved \(E[A-Z_]+\)$/);
  });

  it('a listener that takes no connections any more: connect_timeout, on time', async () => {
    const server = await startStoppedServer();
    open.push(server);
    const transport = makeTransport();
    const startMs = performance.now();
    const outcome = await callOnce(transport, address(server.port), { connectTimeoutMs: 150 });
    expect(outcome.failure).toMatchObject({ kind: 'connect_timeout', isSent: false });
    expect(performance.now() - startMs).toBeLessThan(1_000);
    expect(transport.openCount).toBe(0);
  });

  it('an abort while connecting is heard at once', async () => {
    const server = await start(() => undefined);
    const transport = makeTransport();
    const recorded = new RecordedCall(transport, server.address);
    recorded.call.abort();
    expect(recorded.failure).toMatchObject({ kind: 'aborted', isSent: false });
    expect(transport.openCount).toBe(0);
    expect(server.requests).toHaveLength(0);
  });

  it('a connection that was made while our own loop stood still is not blamed on the provider', async () => {
    const server = await start(({ socket }) => socket.write(answer('ok')));
    const transport = makeTransport();
    const recorded = new RecordedCall(transport, server.address, { connectTimeoutMs: 20 });
    const untilMs = performance.now() + 200;
    while (performance.now() < untilMs);
    expect(await recorded.outcome).toEqual(whole);
  });
});

describe('Http1Transport, what a listener does', () => {
  it('an abort closes the connection at the provider within 250 ms, and nothing is heard after it', async () => {
    const server = await start(({ socket }) => {
      const timer = setInterval(() => socket.write('1\r\na\r\n'), 2);
      socket.write(CHUNKED);
      socket.once('close', () => clearInterval(timer));
    });
    const transport = makeTransport();
    const recorded = new RecordedCall(transport, server.address);
    await waitFor(() => recorded.chunks.length > 2);
    const closed = new Promise((resolve) => server.sockets[0]!.once('close', resolve));
    const startMs = performance.now();
    recorded.call.abort();
    recorded.call.abort();
    const { length } = recorded.chunks;
    await closed;
    expect(performance.now() - startMs).toBeLessThan(250);
    expect(recorded.failure).toEqual({ kind: 'aborted', message: 'the call was aborted', isSent: true });
    expect([recorded.ends, recorded.chunks.length]).toEqual([1, length]);
  });

  it.each(['onHead', 'onData'] as const)('an abort within %s is the last thing heard', async (moment) => {
    const server = await start(({ socket }) => socket.write(answer('ok')));
    const transport = makeTransport();
    const recorded: RecordedCall = new RecordedCall(transport, server.address, {
      [moment]: () => recorded.call.abort(),
    });
    expect((await recorded.outcome).failure?.kind).toBe('aborted');
    await waitFor(() => server.sockets[0]!.destroyed);
    expect([recorded.ends, transport.openCount]).toEqual([1, 0]);
  });

  it('an abort after the end does nothing, also not to the next call on that connection', async () => {
    const held: (() => void)[] = [];
    const server = await start(({ socket, index }) => {
      if (index === 0) socket.write(answer('ok'));
      else held.push(() => socket.write(answer('ok')));
    });
    const transport = makeTransport();
    const first = new RecordedCall(transport, server.address);
    await first.outcome;
    const second = new RecordedCall(transport, server.address);
    await waitFor(() => held.length === 1);
    first.call.abort();
    first.call.pause();
    held[0]!();
    expect(await second.outcome).toEqual(whole);
    expect([first.ends, first.failure, server.sockets.length]).toEqual([1, null, 1]);
  });

  it('a paused call stops the provider; resumed, it gets every byte', async () => {
    const total = 40_000_000;
    let isBlocked = false;
    const server = await start(({ socket }) => {
      socket.write(`HTTP/1.1 200 OK\r\ncontent-length: ${total}\r\n\r\n`);
      const piece = Buffer.alloc(1_000_000, 'abc');
      let left = total / piece.length;
      const fill = (): void => {
        while (left > 0) {
          left -= 1;
          isBlocked = !socket.write(piece);
          if (isBlocked) return void socket.once('drain', fill);
        }
      };
      fill();
    });
    let bytes = 0;
    const transport = makeTransport();
    const recorded: RecordedCall = new RecordedCall(transport, server.address, {
      onHead: () => recorded.call.pause(),
      onData: (chunk) => (bytes += chunk.length),
    });
    const turns = async (): Promise<void> => {
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    };
    await waitFor(() => isBlocked);
    // What was read with the head may still come.
    await turns();
    const seen = bytes;
    expect(seen).toBeLessThan(200_000);
    // What lies in the system's buffers stays there: turns of the loop bring nothing.
    await turns();
    expect([bytes, isBlocked]).toEqual([seen, true]);
    recorded.call.resume();
    await recorded.outcome;
    expect([bytes, recorded.failure]).toEqual([total, null]);
  });

  it('an answer that ends while its call is paused leaves a connection that is read again', async () => {
    const server = await start(({ socket }) => socket.write(answer('ok')));
    const transport = makeTransport();
    const recorded: RecordedCall = new RecordedCall(transport, server.address, {
      onData: () => recorded.call.pause(),
    });
    expect(await recorded.outcome).toEqual(whole);
    expect(await callOnce(transport, server.address)).toEqual(whole);
    expect(server.sockets).toHaveLength(1);
    server.sockets[0]!.end();
    await waitFor(() => transport.openCount === 0);
  });

  it('chunks stay as they were, however much is read after them', async () => {
    const server = await start(({ socket, body }) => socket.write(answer(body.toString().repeat(1_000))));
    const transport = makeTransport();
    const calls = Array.from({ length: 20 }, (_, index) => {
      const body = Buffer.from(`${index}`.padStart(10, 'x'));
      return { text: body.toString(), recorded: new RecordedCall(transport, server.address, { body }) };
    });
    await Promise.all(calls.map(({ recorded }) => recorded.outcome));
    for (const { text, recorded } of calls) expect(recorded.body).toBe(text.repeat(1_000));
  });

  it.each(['onHead', 'onData'] as const)(
    'what a listener throws in %s fails its call and is reported',
    async (moment) => {
      const bugs: unknown[] = [];
      const server = await start(({ socket }) => socket.write(answer('ok')));
      const transport = makeTransport({ onBug: (error) => bugs.push(error) });
      const bug = new Error('a bug');
      const recorded = new RecordedCall(transport, server.address, {
        [moment]: () => {
          throw bug;
        },
      });
      expect((await recorded.outcome).failure?.kind).toBe('aborted');
      expect([bugs, recorded.ends]).toEqual([[bug], 1]);
      await waitFor(() => server.sockets[0]!.destroyed);
      expect(await callOnce(transport, server.address)).toEqual(whole);
    },
  );

  it('what a listener throws in onEnd is reported, and the pool goes on', async () => {
    const bugs: unknown[] = [];
    const server = await start(({ socket }) => socket.write(answer('ok')));
    const transport = makeTransport({ onBug: (error) => bugs.push(error) });
    const bug = new Error('a bug');
    await callOnce(transport, server.address, {
      onEnd: () => {
        throw bug;
      },
    });
    expect(bugs).toEqual([bug]);
    expect(await callOnce(transport, server.address)).toEqual(whole);
  });
});
