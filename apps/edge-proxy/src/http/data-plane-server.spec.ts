// What one client may cost the server: time for its headers and its body, connections, requests on one of them.
import { once } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitFor } from '@sluice/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { errorOf, rawClient, type RawClient } from '../__fixtures__/http-client.js';
import { createDataPlaneServer, type RefusedConnection } from './data-plane-server.js';
import { SERVER_LIMITS, type ServerLimits } from './server-options.js';

let server: Server | null = null;
const clients: RawClient[] = [];
const refused: RefusedConnection[] = [];

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  refused.length = 0;
  server?.closeAllConnections();
  await new Promise((done) => (server === null ? done(null) : server.close(done)));
  server = null;
});

/** A server that answers 200 as soon as it has a whole request. */
async function start(
  limits: Partial<ServerLimits>,
  trusted: readonly string[] = [],
): Promise<{ readonly port: number; connect: () => Promise<RawClient> }> {
  server = createDataPlaneServer({
    take: (request: IncomingMessage, response: ServerResponse) => {
      request.resume().once('end', () => response.end('served'));
    },
    onBug: (error) => {
      throw error;
    },
    trustedProxies: () => trusted,
    onConnectionRefused: (reason) => refused.push(reason),
    limits: { ...SERVER_LIMITS, ...limits },
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const connect = async (): Promise<RawClient> => {
    const client = await rawClient(port);
    clients.push(client);
    return client;
  };
  return { port, connect };
}

const GET = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
const statusesOf = (client: RawClient): string[] =>
  [...client.text().matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = '']) => status);

describe('408', () => {
  const shortHeaders = { headersTimeoutMs: 200, requestTimeoutMs: 60_000, checkIntervalMs: 20 };
  const short = { headersTimeoutMs: 200, requestTimeoutMs: 600, checkIntervalMs: 20 };
  const expectTimeout = async (client: RawClient): Promise<void> => {
    await client.ended;
    expect(statusesOf(client)).toEqual(['408']);
    const [headText = '', bodyText = ''] = client.text().split('\r\n\r\n');
    expect(headText).toMatch(/x-request-id: [\w-]{36}/);
    expect(headText).toContain('connection: close');
    expect(errorOf({ text: bodyText }).message).toContain('in time');
  };

  test('to a client that sends nothing at all', async () => {
    await expectTimeout(await (await start(shortHeaders)).connect());
  });

  test('to headers that come byte by byte and never end', async () => {
    const client = await (await start(shortHeaders)).connect();
    const drip = setInterval(() => client.socket.write('x'), 20);
    client.socket.write('POST / HTTP/1.1\r\nhost: x\r\nx-a: ');
    const startedMs = performance.now();
    await expectTimeout(client);
    clearInterval(drip);
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  test('to a body that comes byte by byte and never ends', async () => {
    const client = await (await start(short)).connect();
    client.socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n');
    const drip = setInterval(() => client.socket.write('x'), 20);
    await expectTimeout(client);
    clearInterval(drip);
  });

  test('to a second request on a connection whose headers never end', async () => {
    const client = await (await start(shortHeaders)).connect();
    client.socket.write(GET);
    await waitFor(() => client.text().includes('served'));
    client.socket.write('GET / HTTP/1.1\r\n');
    await client.ended;
    expect(statusesOf(client)).toEqual(['200', '408']);
  });

  test('not to a connection that waits between two requests', async () => {
    const client = await (await start(short)).connect();
    client.socket.write(GET);
    await waitFor(() => client.text().includes('served'));
    await new Promise((resolve) => setTimeout(resolve, 900)); // longer than both limits
    client.socket.write(GET);
    await waitFor(() => statusesOf(client).length === 2);
    expect(statusesOf(client)).toEqual(['200', '200']);
  });
});

describe('headers', () => {
  test.each([
    ['one of 17 KiB', `x-a: ${'y'.repeat(17 * 1024)}\r\n`],
    ['a hundred of 200 bytes', `x-a: ${'y'.repeat(200)}\r\n`.repeat(100)],
    ['a hundred thousand empty ones', 'x:\r\n'.repeat(100_000)],
  ])('beyond 16 KiB are 431: %s', async (_, lines) => {
    const client = await (await start({})).connect();
    client.socket.write(`GET / HTTP/1.1\r\nhost: x\r\n${lines}\r\n`);
    await client.ended;
    expect(statusesOf(client)).toEqual(['431']);
  });

  test('of 15 KiB are taken', async () => {
    const client = await (await start({})).connect();
    client.socket.write(`GET / HTTP/1.1\r\nhost: x\r\nx-a: ${'y'.repeat(15 * 1024)}\r\n\r\n`);
    await waitFor(() => client.text().includes('served'));
  });
});

describe('connections', () => {
  const isClosed = async (client: RawClient): Promise<boolean> => {
    await client.ended;
    return client.text() === '';
  };

  test('of one address are bounded, and come free again', async () => {
    const { connect } = await start({ maxConnectionsPerAddress: 3 });
    const held = [await connect(), await connect(), await connect()];
    expect(await isClosed(await connect())).toBe(true);
    expect(refused).toEqual(['max_per_address']);
    for (const client of held) client.socket.write(GET);
    await waitFor(() => held.every((client) => client.text().includes('served')));
    held[0]?.socket.destroy();
    await waitFor(async () => {
      const client = await connect();
      client.socket.write(GET);
      return waitFor(() => client.text().includes('served'), { timeoutMs: 200 });
    });
  });

  test.each(['127.0.0.1', '127.0.0.0/8'])('of a trusted proxy are not: %s', async (trusted) => {
    const { connect } = await start({ maxConnectionsPerAddress: 1 }, ['10.0.0.0/8', trusted]);
    await connect();
    const second = await connect();
    second.socket.write(GET);
    await waitFor(() => second.text().includes('served'));
    expect(refused).toEqual([]);
  });

  test('of all together are bounded as well', async () => {
    const { connect } = await start({ maxConnections: 2 });
    await connect();
    await connect();
    expect(await isClosed(await connect())).toBe(true);
    expect(refused).toEqual(['max_connections']);
  });
});

test('a connection ends behind its last allowed request, and says so', async () => {
  const client = await (await start({ maxRequestsPerSocket: 3 })).connect();
  for (let index = 1; index <= 3; index += 1) {
    client.socket.write(GET);
    await waitFor(() => statusesOf(client).length === index);
  }
  await client.ended;
  expect(statusesOf(client)).toEqual(['200', '200', '200']);
  expect(client.text().toLowerCase().split('connection: close')).toHaveLength(2);
});

test('the limits are the promised ones', () => {
  expect(SERVER_LIMITS).toMatchObject({
    maxHeaderBytes: 16_384,
    headersTimeoutMs: 10_000,
    requestTimeoutMs: 60_000,
    checkIntervalMs: 1_000,
    maxRequestsPerSocket: 1_000,
  });
});
