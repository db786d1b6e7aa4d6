// Stopping: what has begun is finished, what is idle is closed, what takes too long is told so.
import { Agent } from 'node:http';
import { beforeEach, expect, test } from 'vitest';
import { waitFor } from '@sluice/testing';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import {
  answer,
  beginStream,
  chunk,
  completion,
  DONE,
  FINISH,
  ROLE,
  silence,
} from '../__fixtures__/fake-provider.js';
import {
  call,
  CHAT,
  chatBody,
  dataOf,
  errorOf,
  open,
  rawClient,
  readAll,
  wordsOf,
} from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { KEY, modelOver } from '../__fixtures__/test-generation.js';

const provider = providerOfEachTest();
let edge: TestEdge;
const GRACE_MS = 5_000;

beforeEach(async () => {
  edge = await startTestEdge(modelOver([provider]));
});

test('an idle edge stops at once, although a client keeps a connection open', async () => {
  const agent = new Agent({ keepAlive: true });
  await call(edge.port, { agent });
  const idle = await rawClient(edge.port);
  const startedMs = performance.now();
  await edge.edge.drain(GRACE_MS);
  expect(performance.now() - startedMs).toBeLessThan(500);
  await idle.ended;
  agent.destroy();
});

test('a stream under way is finished, its connection closed behind it, and its event recorded', async () => {
  provider.reply = (received) => {
    beginStream(received, [ROLE, chunk({ content: 'first ' })]);
    setTimeout(() => received.response.end(chunk({ content: 'last' }) + FINISH + DONE), 200);
  };
  const agent = new Agent({ keepAlive: true });
  const response = await open(edge.port, { body: chatBody({ stream: true }), agent });
  const draining = edge.edge.drain(GRACE_MS);
  const given = await readAll(response);
  expect(wordsOf(given.text)).toBe('first last');
  expect(given.text.endsWith(DONE)).toBe(true);
  await draining;
  expect(await edge.sink.theEvent()).toMatchObject({ outcome: 'succeeded', status: 200 });
  agent.destroy();
});

test('a plain answer that comes while draining says that its connection closes', async () => {
  provider.reply = (received) => setTimeout(() => completion('late')(received), 150);
  const agent = new Agent({ keepAlive: true });
  const pending = call(edge.port, { agent });
  await waitFor(() => provider.calls.length === 1);
  const draining = edge.edge.drain(GRACE_MS);
  const given = await pending;
  expect(given).toMatchObject({ status: 200, headers: { connection: 'close' } });
  await draining;
  agent.destroy();
});

test('a large answer that a slow client has not read yet arrives whole', async () => {
  const words = 'x'.repeat(20_000_000);
  provider.reply = answer(200, { choices: [{ message: { content: words } }], model: 'u' });
  const response = await open(edge.port);
  await edge.sink.theEvent();
  const draining = edge.edge.drain(GRACE_MS);
  await new Promise((resolve) => setTimeout(resolve, 200)); // a slow client
  const given = await readAll(response);
  expect(given.isWhole).toBe(true);
  expect(JSON.parse(given.text)).toMatchObject({ choices: [{ message: { content: words } }] });
  await draining;
});

test('a body that is still being sent may be finished', async () => {
  const client = await rawClient(edge.port);
  const body = JSON.stringify(chatBody());
  client.socket.write(
    `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\ncontent-length: ${body.length}\r\n\r\n`,
  );
  client.socket.write(body.slice(0, 10));
  await new Promise((resolve) => setTimeout(resolve, 50)); // the head has arrived
  const draining = edge.edge.drain(GRACE_MS);
  await new Promise((resolve) => setTimeout(resolve, 120));
  client.socket.write(body.slice(10));
  await client.ended;
  expect(client.text()).toMatch(/^HTTP\/1\.1 200 /);
  await draining;
});

test('after the grace a stream gets an error event and a waiting request a 503', async () => {
  provider.reply = (received) => {
    if (received.body.includes('"stream":true')) beginStream(received, [ROLE, chunk({ content: 'kept' })]);
    else silence(received);
  };
  const response = await open(edge.port, { body: chatBody({ stream: true }) });
  const pending = call(edge.port);
  await waitFor(() => provider.calls.length === 2);
  const startedMs = performance.now();
  const draining = edge.edge.drain(200);
  const [streamed, plain] = await Promise.all([readAll(response), pending]);
  await draining;
  expect(performance.now() - startedMs).toBeLessThan(1000);
  expect(streamed.isWhole).toBe(true);
  const last = errorOf({ text: dataOf(streamed.text).at(-1) ?? '' });
  expect(last).toMatchObject({ code: 'stream_interrupted' });
  expect(last.message).toContain('being stopped');
  expect(plain).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  expect(errorOf(plain).code).toBe('overloaded');
  expect(edge.sink.events.map(({ outcome, errorCode }) => [outcome, errorCode]).sort()).toEqual([
    ['failed', 'overloaded'],
    ['failed', 'stream_interrupted'],
  ]);
});

test('a client that never reads does not hold up the stop for longer than the grace', async () => {
  provider.reply = answer(200, { choices: [{ message: { content: 'x'.repeat(30_000_000) } }] });
  const response = await open(edge.port);
  await edge.sink.theEvent();
  const startedMs = performance.now();
  await edge.edge.drain(300);
  expect(performance.now() - startedMs).toBeLessThan(1500);
  response.destroy();
});

test('connections that the system had made before the door was closed are served, later ones refused', async () => {
  const { port } = edge;
  // One turn of the loop accepts one connection, so most of these still wait for it.
  const clients = await Promise.all(Array.from({ length: 20 }, () => rawClient(port)));
  const draining = edge.edge.drain(GRACE_MS);
  const body = JSON.stringify(chatBody());
  const head = `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\ncontent-length: ${body.length}\r\n\r\n`;
  for (const client of clients) client.socket.write(head + body);
  await Promise.all(clients.map(({ ended }) => ended));
  expect(clients.map((client) => client.text().slice(0, 13))).toEqual(clients.map(() => 'HTTP/1.1 200 '));
  await expect(call(port)).rejects.toThrow('ECONNREFUSED');
  await draining;
});

test('with hurry a drain that had a long grace ends after the short one', async () => {
  provider.reply = (received) => beginStream(received, [ROLE, chunk({ content: 'kept' })]);
  const response = await open(edge.port, { body: chatBody({ stream: true }) });
  const hurry = new AbortController();
  const startedMs = performance.now();
  const draining = edge.edge.drain(60_000, { signal: hurry.signal, graceMs: 100 });
  setTimeout(() => hurry.abort(), 100);
  const streamed = await readAll(response);
  await draining;
  expect(performance.now() - startedMs).toBeLessThan(2_000);
  expect(errorOf({ text: dataOf(streamed.text).at(-1) ?? '' })).toMatchObject({ code: 'stream_interrupted' });
});
