import { beforeEach, describe, expect, test } from 'vitest';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import { call, chatBody, errorOf } from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { modelOver, NARROW_KEY } from '../__fixtures__/test-generation.js';

const EXPLAIN = '/v1/route/explain';
const provider = providerOfEachTest();
let edge: TestEdge;
beforeEach(async () => {
  const config = modelOver([provider, provider], {
    model: { strategy: 'lowest-cost', fallbacks: ['other'] },
  });
  edge = await startTestEdge(config);
});

test('says in which order the routes would be called and what each would cost, and calls nobody', async () => {
  const given = await call(edge.port, { path: EXPLAIN, body: { ...chatBody(), max_tokens: 10 } });
  expect(given.status).toBe(200);
  expect(JSON.parse(given.text)).toEqual({
    endpoint: 'chat.completions',
    strategy: 'lowest-cost',
    model: 'm',
    candidates: [
      expect.objectContaining({ provider: 'p1', model: 'm', order: 1, filtered: null }),
      expect.objectContaining({ provider: 'p2', model: 'm', order: 2, filtered: null }),
      expect.objectContaining({ provider: 'p1', model: 'other', order: 3, estimatedCostUsdNanos: null }),
    ],
  });
  expect(provider.calls).toEqual([]);
  expect(edge.sink.events).toEqual([]);
  expect(edge.sink.intents).toEqual([]);
});

test('the same order is told of the request itself', async () => {
  const explained = JSON.parse((await call(edge.port, { path: EXPLAIN })).text) as { candidates: unknown[] };
  await call(edge.port);
  const { routing } = await edge.sink.theEvent();
  expect(routing?.candidates).toEqual(explained.candidates.slice(0, 2));
});

test('a route whose provider has no such endpoint is named with that reason', async () => {
  const given = await call(edge.port, { path: `${EXPLAIN}?endpoint=messages.count_tokens` });
  expect(JSON.parse(given.text)).toMatchObject({
    candidates: [{ filtered: 'no_endpoint' }, { filtered: 'no_endpoint' }],
  });
});

describe('refused like the request itself', () => {
  test.each([
    [
      'with an unknown key',
      { headers: { authorization: 'Bearer sk-of-nobody-0123456789abcd' } },
      401,
      'invalid_api_key',
    ],
    ['for an unknown model', { body: chatBody({ model: 'nobody' }) }, 404, 'model_not_found'],
    [
      'for a model of others',
      { headers: { authorization: `Bearer ${NARROW_KEY}` }, body: chatBody({ model: 'other' }) },
      403,
      'model_not_allowed',
    ],
    ['without JSON', { body: '{' }, 400, 'invalid_json'],
    ['by GET', { method: 'GET' }, 405, 'method_not_allowed'],
    ['for an endpoint that does not exist', { path: `${EXPLAIN}?endpoint=images` }, 400, 'invalid_request'],
  ] as const)('%s', async (_how, options, status, code) => {
    const given = await call(edge.port, { path: EXPLAIN, ...options });
    expect([given.status, errorOf(given).code]).toEqual([status, code]);
  });
});
