// The body on its way in: how much is taken, and what the client gets to read when it is too much.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { waitFor } from '@sluice/testing';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import { call, CHAT, chatBody, rawClient, type RawClient } from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { KEY, modelOver, NARROW_KEY } from '../__fixtures__/test-generation.js';

const LIMIT = 1024 * 1024;
const MIB = Buffer.alloc(LIMIT, 0x20);

const provider = providerOfEachTest();
let edge: TestEdge;
let client: RawClient;

beforeEach(async () => {
  edge = await startTestEdge(modelOver([provider], { sections: { server: { maxRequestBodyMb: 1 } } }));
  client = await rawClient(edge.port);
});
afterEach(async () => {
  client.socket.destroy();
  await edge[Symbol.asyncDispose]();
});

const head = (lines: string): string =>
  `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\n${lines}\r\n\r\n`;
const send = (bytes: string | Buffer): Promise<void> =>
  new Promise((resolve) => client.socket.write(bytes, () => resolve()));
const sendChunk = async (bytes: Buffer): Promise<void> => {
  await send(`${bytes.length.toString(16)}\r\n`);
  await send(bytes);
  await send('\r\n');
};
const answered = (status: number): Promise<boolean> =>
  waitFor(() => new RegExp(`^HTTP/1.1 ${status} `).test(client.text()), {
    message: () => `no ${status}: ${client.text().slice(0, 200)}`,
  });

/** A chat body of exactly this many bytes. */
function bodyOf(bytes: number): string {
  const empty = JSON.stringify(chatBody({ user: '' }));
  return JSON.stringify(chatBody({ user: 'x'.repeat(bytes - empty.length) }));
}

describe('the limit', () => {
  test('is the last byte that is taken', async () => {
    expect((await call(edge.port, { body: bodyOf(LIMIT) })).status).toBe(200);
    expect((await call(edge.port, { body: bodyOf(LIMIT + 1) })).status).toBe(413);
  });

  test('holds for a body in chunks that says nothing of its length', async () => {
    await send(head('transfer-encoding: chunked'));
    await sendChunk(MIB);
    expect(client.text()).toBe('');
    await sendChunk(Buffer.from('x'));
    await answered(413);
  });

  test('is told before a byte of the body, when the head says that it will be too long', async () => {
    await send(head(`content-length: ${LIMIT + 1}`));
    await answered(413);
    expect(await edge.sink.theEvent()).toMatchObject({ status: 413, errorCode: 'request_too_large' });
  });
});

describe('413', () => {
  test('is read by a client that sends everything before it looks: 40 MB over', async () => {
    await send(head(`content-length: ${41 * LIMIT}`));
    for (let index = 0; index < 41; index += 1) await send(MIB);
    await answered(413);
    // And the connection goes on.
    await send(head('content-length: 2').replace(CHAT, '/nothing') + '{}');
    await waitFor(() => client.text().includes('HTTP/1.1 404'));
  });

  test('is told once, however much more comes', async () => {
    await send(head('transfer-encoding: chunked'));
    for (let index = 0; index < 10; index += 1) await sendChunk(MIB);
    await send('0\r\n\r\n');
    await answered(413);
    await send(head('content-length: 2').replace(CHAT, '/nothing') + '{}');
    await waitFor(() => client.text().includes('HTTP/1.1 404'));
    expect(client.text().match(/HTTP\/1\.1 413/g)).toHaveLength(1);
    expect(edge.sink.events).toHaveLength(1);
  });

  test('keeps nothing of what was refused', async () => {
    const before = process.memoryUsage().arrayBuffers;
    await send(head('transfer-encoding: chunked'));
    for (let index = 0; index < 256; index += 1) await sendChunk(MIB);
    await answered(413);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(128 * LIMIT);
  });
});

test('a body that comes byte by byte is a body', async () => {
  const body = JSON.stringify(chatBody());
  await send(head(`content-length: ${body.length}`));
  for (const byte of body) await send(byte);
  await answered(200);
  expect(JSON.parse(provider.calls[0]?.body ?? '')).toMatchObject({ messages: [{ content: 'Hi' }] });
});

test('a body in many chunks is put together in order, characters cut anywhere', async () => {
  const body = Buffer.from(JSON.stringify(chatBody({ user: 'äöü€😀'.repeat(50) })));
  await send(head('transfer-encoding: chunked'));
  for (let at = 0; at < body.length; at += 7) await sendChunk(body.subarray(at, at + 7));
  await send('0\r\n\r\n');
  await answered(200);
  expect((await edge.sink.theEvent()).user).toBe('äöü€😀'.repeat(50).slice(0, 256));
});

test('no body at all is an answer, not a wait', async () => {
  await send(head('content-length: 0'));
  await answered(400);
});

test('a client that goes while sending is recorded once, and nothing is called', async () => {
  await send(head(`content-length: ${LIMIT}`));
  await send(MIB.subarray(0, 1000));
  client.socket.resetAndDestroy();
  expect(await edge.sink.theEvent()).toMatchObject({ outcome: 'cancelled', status: 499, attempts: [] });
  expect(provider.calls).toEqual([]);
});

test('a client that waits for "100 Continue" gets it, and is served', async () => {
  const body = JSON.stringify(chatBody());
  await send(head(`content-length: ${body.length}\r\nexpect: 100-continue`));
  await waitFor(() => client.text().startsWith('HTTP/1.1 100 Continue'));
  await send(body);
  await waitFor(() => client.text().includes('HTTP/1.1 200'));
});

test('an expectation that nobody knows is ignored', async () => {
  const body = JSON.stringify(chatBody());
  await send(head(`content-length: ${body.length}\r\nexpect: miracles`) + body);
  await answered(200);
});

test('large bodies that one key announces and does not send shut nobody out', async () => {
  // All bodies together may take a quarter of this: two of the largest.
  const memory = vi.spyOn(process, 'constrainedMemory').mockReturnValue(8 * LIMIT);
  await using small = await startTestEdge(
    modelOver([provider], { sections: { server: { maxRequestBodyMb: 1 } } }),
  );
  memory.mockRestore();
  const idle = await Promise.all(Array.from({ length: 8 }, () => rawClient(small.port)));
  for (const { socket } of idle) socket.write(head(`content-length: ${LIMIT}\r\nexpect: 100-continue`));
  await waitFor(() => idle.every((waiting) => waiting.text().startsWith('HTTP/1.1 100 Continue')));
  for (const { socket } of idle) socket.write('{');
  const served = await call(small.port, { headers: { 'x-api-key': NARROW_KEY }, body: bodyOf(500) });
  expect(served.status).toBe(200);
  expect(idle.map((waiting) => waiting.text().includes('503'))).toEqual(idle.map(() => false));
  for (const { socket } of idle) socket.destroy();
});
