// What a call says and hears, and when a connection serves another: against a real server on loopback.
import { waitFor } from '@sluice/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { answer, type RawReply, type RawServer, startRawServer } from './__fixtures__/raw-server.js';
import { callOnce, RecordedCall } from './__fixtures__/recorded-call.js';
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

const plain: RawReply = ({ socket }) => socket.write(answer('ok'));
const whole = { status: 200, body: 'ok', failure: null };

describe('Http1Transport, what it sends', () => {
  it('one head with the address, the request and the length, then the body', async () => {
    const server = await start(plain);
    const options = { headers: ['x-request-id', 'r-1'], body: Buffer.from('{"a":"ü"}') };
    expect(await callOnce(makeTransport(), server.address, options)).toEqual(whole);
    const { host } = new URL(server.address.origin);
    expect(server.requests[0]!.head.split('\r\n')).toEqual([
      'POST /v1/chat/completions HTTP/1.1',
      `host: ${host}`,
      'content-type: application/json',
      'x-request-id: r-1',
      'content-length: 10',
    ]);
    expect(server.requests[0]!.body.toString()).toBe('{"a":"ü"}');
  });

  it.each([0, 1, 16 * 1024, 16 * 1024 + 1, 3_000_000])(
    'a body of %d bytes arrives as it is',
    async (size) => {
      const server = await start(plain);
      const body = Buffer.alloc(size, 'abcdefghijk');
      expect(await callOnce(makeTransport(), server.address, { body })).toEqual(whole);
      expect(server.requests[0]!.body.equals(body)).toBe(true);
    },
  );

  it.each([
    ['a line break', ['x-a', 'b\r\nx-c: d']],
    ['a character that would become one', ['x-a', 'b\u010a']],
    ['a length of its own', ['Content-Length', '3']],
    ['a transfer coding', ['transfer-encoding', 'chunked']],
    ['a name with a blank', ['x a', 'b']],
    ['a name without a value', ['x-a']],
  ])('nothing, when a header has %s: the call fails, after send has returned', async (_title, headers) => {
    const server = await start(plain);
    const recorded = new RecordedCall(makeTransport(), server.address, { headers });
    expect(recorded.ends).toBe(0);
    expect((await recorded.outcome).failure?.kind).toBe('protocol');
    expect(server.sockets).toHaveLength(0);
  });
});

describe('Http1Transport, which connection it takes', () => {
  it('a connection whose answer is whole serves the next call', async () => {
    const server = await start(({ socket, index }) =>
      socket.write(
        index % 2 === 0
          ? answer('ok')
          : 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
      ),
    );
    const transport = makeTransport();
    for (let call = 0; call < 20; call += 1) expect(await callOnce(transport, server.address)).toEqual(whole);
    expect(server.sockets).toHaveLength(1);
  });

  it('a call that is begun when another hears its end takes the connection of that one', async () => {
    const server = await start(plain);
    const transport = makeTransport();
    const second = Promise.withResolvers<RecordedCall>();
    await callOnce(transport, server.address, {
      onEnd: () => second.resolve(new RecordedCall(transport, server.address)),
    });
    expect(await (await second.promise).outcome).toEqual(whole);
    expect(server.sockets).toHaveLength(1);
  });

  it('calls at once have a connection each; the one used last is used next', async () => {
    const server = await start(plain);
    const transport = makeTransport();
    await Promise.all([1, 2, 3].map(() => callOnce(transport, server.address)));
    expect(server.sockets).toHaveLength(3);
    for (let call = 0; call < 5; call += 1) await callOnce(transport, server.address);
    const lastFive = server.requests.slice(3).map(({ socket }) => socket);
    expect(new Set(lastFive).size).toBe(1);
    expect(server.sockets).toHaveLength(3);
  });

  it('a new address object of the same origin shares the connections', async () => {
    const server = await start(plain);
    const transport = makeTransport();
    await callOnce(transport, server.address);
    await callOnce(transport, { ...server.address, path: '/other', headers: [] });
    expect(server.requests.map(({ head }) => head.split(' ')[1])).toEqual(['/v1/chat/completions', '/other']);
    expect(server.sockets).toHaveLength(1);
  });

  it.each([
    ['Connection: close', 'Connection: close\r\n'],
    ['close among other options', 'connection: Foo, Close\r\n'],
    ['a keep-alive timeout within the margin', 'Keep-Alive: timeout=1\r\n'],
  ])('%s: the next call gets a new connection', async (_title, headers) => {
    const server = await start(({ socket }) => socket.write(answer('ok', headers)));
    const transport = makeTransport();
    for (let call = 0; call < 3; call += 1) expect(await callOnce(transport, server.address)).toEqual(whole);
    expect(server.sockets).toHaveLength(3);
    await waitFor(() => server.sockets.every((socket) => socket.destroyed));
    expect(transport.openCount).toBe(0);
  });

  it('HTTP/1.0 keeps a connection only when it says so', async () => {
    const server = await start(({ socket, index }) =>
      socket.write(
        `HTTP/1.0 200 OK\r\n${index === 0 ? 'connection: keep-alive\r\n' : ''}content-length: 2\r\n\r\nok`,
      ),
    );
    const transport = makeTransport();
    for (let call = 0; call < 4; call += 1) expect(await callOnce(transport, server.address)).toEqual(whole);
    expect(server.sockets).toHaveLength(2);
  });

  it('bytes after an answer close the connection; the answer stays good', async () => {
    const server = await start(({ socket }) => socket.write(`${answer('ok')}HTTP/1.1 200 OK\r\n\r\nevil`));
    const transport = makeTransport();
    for (let call = 0; call < 3; call += 1) expect(await callOnce(transport, server.address)).toEqual(whole);
    expect(server.sockets).toHaveLength(3);
  });

  it('bytes on an idle connection close it', async () => {
    const server = await start(plain);
    const transport = makeTransport();
    await callOnce(transport, server.address);
    server.sockets[0]!.write('HTTP/1.1 408 Request Timeout\r\n\r\n');
    await waitFor(() => transport.openCount === 0);
    expect(await callOnce(transport, server.address)).toEqual(whole);
    expect(server.sockets).toHaveLength(2);
  });

  it.each(['end', 'resetAndDestroy'] as const)(
    'an idle connection that the server closes (%s) is not used',
    async (how) => {
      const server = await start(plain);
      const transport = makeTransport();
      await callOnce(transport, server.address);
      server.sockets[0]![how]();
      await waitFor(() => transport.openCount === 0);
      expect(await callOnce(transport, server.address)).toEqual(whole);
      expect(server.sockets).toHaveLength(2);
    },
  );

  it('an answer that comes before the whole request was sent closes the connection', async () => {
    const server = await start(plain);
    server.server.prependListener('connection', (socket) => {
      socket.pause();
      socket.write(answer('ok'));
    });
    const transport = makeTransport();
    const body = Buffer.alloc(20_000_000, 'a');
    expect(await callOnce(transport, server.address, { body })).toEqual(whole);
    expect(transport.openCount).toBe(0);
  });

  it('idle connections are closed when their time is over', async () => {
    const server = await start(plain);
    const transport = makeTransport({ idleTimeoutMs: 30, sweepIntervalMs: 10 });
    await Promise.all([1, 2, 3].map(() => callOnce(transport, server.address)));
    expect(transport.openCount).toBe(3);
    await waitFor(() => transport.openCount === 0);
    await waitFor(() => server.sockets.every((socket) => socket.destroyed));
  });

  it('an idle connection whose time is over is not used, even before it is swept', async () => {
    const server = await start(plain);
    const transport = makeTransport({ idleTimeoutMs: 1, sweepIntervalMs: 1_000_000 });
    await callOnce(transport, server.address);
    const freeMs = performance.now();
    await waitFor(() => performance.now() > freeMs + 2);
    expect(await callOnce(transport, server.address)).toEqual(whole);
    expect(server.sockets).toHaveLength(2);
  });

  it("the provider's own keep-alive timeout, less the margin, is honoured", async () => {
    const server = await start(({ socket }) =>
      socket.write(answer('ok', 'Keep-Alive: timeout=2, max=100\r\n')),
    );
    const transport = makeTransport({ sweepIntervalMs: 10 });
    const startMs = performance.now();
    await callOnce(transport, server.address);
    await waitFor(() => transport.openCount === 0);
    const livedMs = performance.now() - startMs;
    expect(livedMs).toBeGreaterThan(900);
    expect(livedMs).toBeLessThan(2_000);
  });

  it('above the limit of connections a call fails, and the others go on', async () => {
    const held: (() => void)[] = [];
    const server = await start(({ socket }) => held.push(() => socket.write(answer('ok'))));
    const transport = makeTransport({ maxConnectionsPerOrigin: 2 });
    const calls = [1, 2].map(() => new RecordedCall(transport, server.address));
    const third = await callOnce(transport, server.address);
    expect(third.failure).toEqual({
      kind: 'connect',
      message: 'there are too many connections to the provider',
      isSent: false,
      isOurs: true,
    });
    await waitFor(() => held.length === 2);
    held.forEach((reply) => reply());
    for (const { outcome } of calls) expect(await outcome).toEqual(whole);
  });

  it('close ends idle connections and fails the calls under way, and later ones', async () => {
    const server = await start(({ socket, index }) => index === 0 && socket.write(answer('ok')));
    const transport = makeTransport();
    await callOnce(transport, server.address);
    const waiting = new RecordedCall(transport, server.address);
    await waitFor(() => server.requests.length === 2);
    await transport.close();
    expect(waiting.failure?.kind).toBe('aborted');
    expect(transport.openCount).toBe(0);
    expect((await callOnce(transport, server.address)).failure?.kind).toBe('aborted');
  });
});
