// The time between "this edge stops" and the closed door: everybody is served and told to connect anew.
import { Agent } from 'node:http';
import { beforeEach, expect, test } from 'vitest';
import { waitFor } from '@sluice/testing';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import { beginStream, chunk, completion, DONE, FINISH, ROLE } from '../__fixtures__/fake-provider.js';
import { call, CHAT, chatBody, open, rawClient, readAll } from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { KEY, modelOver } from '../__fixtures__/test-generation.js';

const provider = providerOfEachTest();
let edge: TestEdge;
const GRACE_MS = 5_000;

beforeEach(async () => {
  edge = await startTestEdge(modelOver([provider]));
});

const post = (body: string, extra = ''): string =>
  `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\n${extra}content-length: ${body.length}\r\n\r\n${body}`;
const BODY = JSON.stringify(chatBody());
/** How many answers a connection has carried. */
const answersIn = (text: string): number => text.split('HTTP/1.1 ').length - 1;

test('a kept connection stays open, and is told with its next answer that it ends', async () => {
  const client = await rawClient(edge.port);
  client.socket.write(post(BODY));
  await waitFor(() => answersIn(client.text()) === 1);
  expect(client.text()).not.toMatch(/connection: close/i);
  edge.edge.announceStop();
  // Longer than a sweep: who is idle keeps its connection until the door closes.
  await new Promise((resolve) => setTimeout(resolve, 150));
  client.socket.write(post(BODY));
  await client.ended;
  expect(answersIn(client.text())).toBe(2);
  expect(client.text()).toMatch(/connection: close/i);
  await edge.edge.drain(GRACE_MS);
});

test.each([
  ['a new one', ''],
  ['one with an expectation that nobody knows', 'expect: wonders\r\n'],
  ['one that asks before it sends its body', 'expect: 100-continue\r\n'],
])('connections are taken as before, and each answer closes its own: %s', async (_name, extra) => {
  edge.edge.announceStop();
  const client = await rawClient(edge.port);
  client.socket.write(post(BODY, extra));
  await client.ended;
  expect(client.text()).toMatch(/^HTTP\/1\.1 200 /m);
  expect(client.text()).toMatch(/connection: close/i);
  await edge.edge.drain(GRACE_MS);
});

test('an answer that Nest gives says it too', async () => {
  edge.edge.announceStop();
  const given = await call(edge.port, { path: '/v1/models', method: 'GET' });
  expect(given).toMatchObject({ status: 200, headers: { connection: 'close' } });
  await edge.edge.drain(GRACE_MS);
});

test('an answer that had begun before it was known keeps its connection until the door closes', async () => {
  let finish = (): void => undefined;
  provider.reply = (received) => {
    beginStream(received, [ROLE, chunk({ content: 'first' })]);
    finish = () => received.response.end(FINISH + DONE);
  };
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const response = await open(edge.port, { body: chatBody({ stream: true }), agent });
  edge.edge.announceStop();
  finish();
  expect((await readAll(response)).text.endsWith(DONE)).toBe(true);
  provider.reply = completion('again');
  // On the same connection, which nobody has closed.
  expect(await call(edge.port, { agent })).toMatchObject({ status: 200, headers: { connection: 'close' } });
  await edge.edge.drain(GRACE_MS);
  agent.destroy();
});

test('a request of which only a part has arrived when the door closes is answered', async () => {
  edge.edge.announceStop();
  const client = await rawClient(edge.port);
  const whole = post(BODY);
  client.socket.write(whole.slice(0, 30));
  await new Promise((resolve) => setTimeout(resolve, 50)); // the part has arrived
  const draining = edge.edge.drain(GRACE_MS);
  await new Promise((resolve) => setTimeout(resolve, 200)); // several sweeps
  client.socket.write(whole.slice(30));
  await client.ended;
  expect(client.text()).toMatch(/^HTTP\/1\.1 200 /);
  await draining;
});

test('a stream that ends while the door is closed is the last on its connection', async () => {
  let finish = (): void => undefined;
  provider.reply = (received) => {
    beginStream(received, [ROLE, chunk({ content: 'first' })]);
    finish = () => received.response.end(FINISH + DONE);
  };
  const client = await rawClient(edge.port);
  client.socket.write(post(JSON.stringify(chatBody({ stream: true }))));
  await waitFor(() => client.text().includes('first'));
  edge.edge.announceStop();
  const draining = edge.edge.drain(GRACE_MS);
  finish();
  await client.ended;
  expect(client.text()).toContain('[DONE]');
  await draining;
});
