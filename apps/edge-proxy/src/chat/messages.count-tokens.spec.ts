// POST /v1/messages/count_tokens: by the provider where it counts, else estimated.
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  asMessages,
  COUNT_TOKENS,
  messagesBody,
  messagesErrorOf,
  messagesRefusal,
} from '../__fixtures__/anthropic-replies.js';
import { answer, type FakeProvider, silence, startFakeProvider } from '../__fixtures__/fake-provider.js';
import { call } from '../__fixtures__/http-client.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';
import { KEY, modelOver } from '../__fixtures__/test-generation.js';

let provider: FakeProvider;

beforeEach(async () => {
  provider = await startFakeProvider(answer(200, '{ "input_tokens" : 2095 }'));
});
afterEach(() => provider.stop());

const FREE = {
  endpoint: 'messages.count_tokens',
  stream: false,
  tokens: { input: 0, output: 0 },
  costUsdNanos: 0,
};
const claude = (): object => modelOver([provider], { provider: { type: 'anthropic' } });
/** The model `m` over an own server that does not count and one of Anthropic's, in this order. */
const overBoth = (order: readonly ('own' | 'claude')[]): object => {
  const at = { baseUrl: provider.baseUrl, allowPrivateNetwork: true };
  return {
    providers: {
      own: { type: 'openai-compatible', apiKey: 'provider-secret-of-own', ...at },
      claude: { type: 'anthropic', apiKey: 'provider-secret-of-claude', ...at },
    },
    models: { m: { routes: order.map((name) => ({ provider: name, model: `upstream-${name}` })) } },
  };
};
const count = (changes: object = {}) =>
  asMessages({ path: COUNT_TOKENS, body: messagesBody({ max_tokens: undefined, ...changes }) });

test('Anthropic is asked with the bytes of the request, and its answer goes through; nothing is charged', async () => {
  await using edge = await startTestEdge(claude());
  const given = await call(edge.port, count());
  expect(given).toMatchObject({ status: 200, text: '{ "input_tokens" : 2095 }' });
  expect(given.headers).not.toHaveProperty('x-sluice-estimated');
  expect(provider.calls[0]?.path).toBe('/v1/messages/count_tokens');
  expect(JSON.parse(provider.calls[0]?.body ?? '')).toMatchObject({ model: 'upstream-p1' });
  expect(await edge.sink.theEvent()).toMatchObject({
    ...FREE,
    outcome: 'succeeded',
    attempts: [{ decision: 'served', costUsdNanos: 0 }],
  });
});

test('over a provider that does not count it is estimated, said to be so, and nobody is called', async () => {
  await using edge = await startTestEdge(modelOver([provider]));
  const given = await call(edge.port, count({ system: 'x'.repeat(4000) }));
  expect(given).toMatchObject({ status: 200, headers: { 'x-sluice-estimated': 'true' } });
  expect(given.headers['request-id']).toBe(given.headers['x-request-id']);
  const { input_tokens: tokens } = JSON.parse(given.text) as { input_tokens: number };
  expect(tokens).toBeGreaterThanOrEqual(1000);
  expect(tokens).toBeLessThan(1020);
  expect(provider.calls).toEqual([]);
  expect(await edge.sink.theEvent()).toMatchObject({
    ...FREE,
    outcome: 'succeeded',
    status: 200,
    provider: null,
    attempts: [],
  });
});

test('a server of Anthropic’s dialect that has no such endpoint is no reason to fail', async () => {
  provider.reply = answer(404, '<html>404</html>', { 'content-type': 'text/html' });
  await using edge = await startTestEdge(claude());
  const given = await call(edge.port, count());
  expect(given).toMatchObject({ status: 200, headers: { 'x-sluice-estimated': 'true' } });
  expect(await edge.sink.theEvent()).toMatchObject({
    ...FREE,
    outcome: 'succeeded',
    errorCode: null,
    attempts: [{ decision: 'give_up', status: 404 }],
  });
});

test.each([
  [404, { message: 'Unknown request URL', type: 'invalid_request_error', code: 'unknown_url' }],
  [405, { message: 'Method Not Allowed' }],
  [501, { message: 'Not implemented' }],
])('a look-alike that says %d in OpenAI’s words does not count: it is estimated', async (status, error) => {
  provider.reply = answer(status, JSON.stringify({ error }));
  await using edge = await startTestEdge(claude());
  const given = await call(edge.port, count());
  expect(given).toMatchObject({ status: 200, headers: { 'x-sluice-estimated': 'true' } });
  expect(JSON.parse(given.text)).toEqual({ input_tokens: expect.any(Number) as number });
  expect(await edge.sink.theEvent()).toMatchObject({
    ...FREE,
    outcome: 'succeeded',
    attempts: [{ decision: 'give_up', status }],
  });
});

test('where an own server answers and Anthropic is its fallback, no prompt goes to Anthropic to be counted', async () => {
  await using edge = await startTestEdge(overBoth(['own', 'claude']));
  const given = await call(edge.port, count());
  expect(given).toMatchObject({ status: 200, headers: { 'x-sluice-estimated': 'true' } });
  expect(provider.calls).toEqual([]);
  expect(await edge.sink.theEvent()).toMatchObject({ ...FREE, outcome: 'succeeded', attempts: [] });
});

test('nor where the own server speaks the dialect but has no such endpoint', async () => {
  const own = await startFakeProvider(answer(404, '<html>404</html>'));
  await using edge = await startTestEdge(modelOver([own, provider], { provider: { type: 'anthropic' } }));
  const given = await call(edge.port, count());
  await own.stop();
  expect(given).toMatchObject({ status: 200, headers: { 'x-sluice-estimated': 'true' } });
  expect([own.calls.length, provider.calls.length]).toEqual([1, 0]);
});

test('where Anthropic answers and an own server is its fallback, Anthropic counts', async () => {
  await using edge = await startTestEdge(overBoth(['claude', 'own']));
  expect(await call(edge.port, count())).toMatchObject({ status: 200, text: '{ "input_tokens" : 2095 }' });
});

test('a model that Anthropic does not know is its 404', async () => {
  provider.reply = messagesRefusal(404, 'not_found_error');
  await using edge = await startTestEdge(claude());
  const given = await call(edge.port, count());
  expect([given.status, messagesErrorOf(given).requestId]).toEqual([404, 'req_theirs']);
});

test('a count that is cut off costs nothing either', async () => {
  provider.reply = silence;
  await using edge = await startTestEdge(claude());
  const headers = { 'x-api-key': KEY, 'x-sluice-deadline-ms': '60' };
  const given = await call(edge.port, { ...count(), headers });
  expect([given.status, messagesErrorOf(given).type]).toEqual([504, 'timeout_error']);
  expect(await edge.sink.theEvent()).toMatchObject({ ...FREE, attempts: [{ usage: 'none' }] });
});

test('a refusal goes through like that of a message', async () => {
  provider.reply = messagesRefusal(400, 'invalid_request_error');
  await using edge = await startTestEdge(claude());
  const given = await call(edge.port, count());
  expect([given.status, messagesErrorOf(given).requestId]).toEqual([400, 'req_theirs']);
});

test('a stream is not what is asked for, whatever the body says', async () => {
  await using edge = await startTestEdge(claude());
  const given = await call(edge.port, count({ stream: true }));
  expect(given).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
  expect(await edge.sink.theEvent()).toMatchObject({ ...FREE, outcome: 'succeeded' });
});

test('an answer without a number is no answer', async () => {
  provider.reply = answer(200, '{"tokens":1}');
  await using edge = await startTestEdge(claude());
  expect((await call(edge.port, count())).status).toBe(502);
});
