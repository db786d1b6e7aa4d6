// Models that have no name in the file, through a whole edge: what goes upstream, and what is told.
import { expect, test } from 'vitest';
import { startFakeProvider } from '../__fixtures__/fake-provider.js';
import { call, chatBody, errorOf } from '../__fixtures__/http-client.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';

const WIDE = 'sk-test-with-providers-0123456789';
const PLAIN = 'sk-test-without-providers-0123';

async function startEdge() {
  const provider = await startFakeProvider();
  const edge = await startTestEdge({
    providers: {
      p: {
        type: 'openai-compatible',
        baseUrl: provider.baseUrl,
        apiKey: 'provider-secret-0123',
        allowPrivateNetwork: true,
      },
    },
    models: {
      'claude-*': { routes: [{ provider: 'p', model: 'vendor/claude-*' }] },
      listed: { routes: [{ provider: 'p', model: 'x' }], fallbacks: ['claude-9'] },
    },
    aliases: { nick: 'claude-3' },
    prices: { raw: { input: 1, output: 2 } },
    keys: [
      { name: 'wide', key: WIDE, models: ['*', 'p/*'] },
      { name: 'plain', key: PLAIN },
    ],
  });
  const ask = (model: string, key = WIDE) =>
    call(edge.port, {
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: chatBody({ model }),
    });
  const get = (path: string) =>
    call(edge.port, { path, method: 'GET', headers: { authorization: `Bearer ${WIDE}` } });
  return {
    provider,
    edge,
    ask,
    get,
    async [Symbol.asyncDispose]() {
      await edge[Symbol.asyncDispose]();
      await provider.stop();
    },
  };
}

const modelOf = (body: string): unknown => (JSON.parse(body) as { model: unknown }).model;

test('a name behind a wildcard goes upstream as the route says, and is told as it was asked', async () => {
  await using over = await startEdge();
  const answer = await over.ask('claude-3');
  expect([answer.status, modelOf(answer.text)]).toEqual([200, 'claude-3']);
  expect(modelOf(over.provider.calls[0]!.body)).toBe('vendor/claude-3');
  expect(over.edge.sink.events[0]).toMatchObject({
    requestedModel: 'claude-3',
    provider: 'p',
    providerModel: 'vendor/claude-3',
    outcome: 'succeeded',
  });
  expect((await over.ask('nick')).status).toBe(200);
  expect(modelOf(over.provider.calls[1]!.body)).toBe('vendor/claude-3');
});

test('provider/model goes to that provider, priced by the list', async () => {
  await using over = await startEdge();
  expect((await over.ask('p/raw')).status).toBe(200);
  expect(modelOf(over.provider.calls[0]!.body)).toBe('raw');
  const [event] = over.edge.sink.events;
  expect(event).toMatchObject({ requestedModel: 'p/raw', provider: 'p', providerModel: 'raw' });
  expect(event?.costUsdNanos).toBeGreaterThan(0);
});

test('provider/model is refused to a key without a pattern for it, before anybody is called', async () => {
  await using over = await startEdge();
  const refused = await over.ask('p/raw', PLAIN);
  expect([refused.status, errorOf(refused).code]).toEqual([403, 'model_not_allowed']);
  expect(over.provider.calls).toEqual([]);
});

test('a fallback behind a wildcard is found', async () => {
  await using over = await startEdge();
  over.provider.reply = ({ response, body }) => {
    const isDown = modelOf(body) === 'x';
    response.writeHead(isDown ? 503 : 200, { 'content-type': 'application/json' });
    response.end(isDown ? '{}' : '{"model":"m","choices":[]}');
  };
  const answer = await over.ask('listed');
  expect([answer.status, answer.headers['x-sluice-attempts']]).toEqual([200, '2']);
  expect(over.provider.calls.map(({ body }) => modelOf(body))).toEqual(['x', 'vendor/claude-9']);
});

test('GET /v1/models lists the names of the file; one name of a wildcard can be asked for, the wildcard cannot', async () => {
  await using over = await startEdge();
  const list = JSON.parse((await over.get('/v1/models')).text) as { data: { id: string }[] };
  expect(list.data.map(({ id }) => id)).toEqual(['listed', 'nick']);
  expect((await over.get('/v1/models/claude-3')).status).toBe(200);
  expect((await over.get('/v1/models/p/raw')).status).toBe(200);
  expect((await over.get('/v1/models/claude-*')).status).toBe(404);
});
