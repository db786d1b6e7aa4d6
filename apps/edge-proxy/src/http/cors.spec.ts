// Which web pages may read the answers: those of server.cors, on every answer, none without it.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import { DONE, ROLE, chunk, FINISH, stream } from '../__fixtures__/fake-provider.js';
import { type Answer, call, type CallOptions, CHAT, chatBody } from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { KEY, makeTestGeneration, modelOver } from '../__fixtures__/test-generation.js';

const PAGE = 'https://app.example.com';
const provider = providerOfEachTest();
const edges: TestEdge[] = [];
let edge: TestEdge;

async function startEdge(cors?: object): Promise<TestEdge> {
  const started = await startTestEdge(modelOver([provider], { sections: { server: { cors } } }));
  edges.push(started);
  return started;
}
beforeEach(async () => {
  edge = await startEdge({ origins: [PAGE, 'http://localhost:3000'], maxAge: '90s' });
});
afterEach(async () => {
  await Promise.all(edges.splice(0).map((one) => one[Symbol.asyncDispose]()));
});

const bearer = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
const asPage = (options: CallOptions = {}, origin = PAGE): Promise<Answer> =>
  call(edge.port, { ...options, headers: { ...(options.headers ?? bearer), origin } });
const preflight = (path = CHAT, headers: Record<string, string> = {}, origin = PAGE): Promise<Answer> =>
  call(edge.port, {
    path,
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', ...headers },
    body: '',
  });
const corsHeaders = ({ headers }: Answer): string[] =>
  Object.keys(headers).filter((name) => name.startsWith('access-control-') || name === 'vary');

describe('a preflight', () => {
  test('is answered without a key, and the browser remembers it', async () => {
    const given = await preflight();
    expect(given).toMatchObject({ status: 204, text: '' });
    expect(given.headers).toMatchObject({
      'access-control-allow-origin': PAGE,
      'access-control-allow-methods': 'POST',
      'access-control-max-age': '90',
      'x-request-id': expect.stringMatching(/^[\w-]{36}$/) as string,
      vary: 'origin',
    });
    expect(given.headers).not.toHaveProperty('access-control-allow-credentials');
    expect(edge.sink.events).toEqual([]);
    expect(provider.calls).toEqual([]);
  });

  test.each([
    ['/v1/embeddings', 'POST'],
    ['/v1/messages', 'POST'],
    ['/v1/messages/count_tokens', 'POST'],
    ['/v1/route/explain', 'POST'],
    ['/v1/models', 'GET'],
    ['/v1/models/org/name', 'GET'],
    [`${CHAT}?beta=true`, 'POST'],
  ])('of %s allows %s', async (path, methods) => {
    expect((await preflight(path)).headers['access-control-allow-methods']).toBe(methods);
  });

  test('allows what the SDKs send, and nothing that only others would', async () => {
    const asked =
      'Authorization, content-type,x-stainless-arch, x-stainless-retry-count , anthropic-version, ' +
      'anthropic-dangerous-direct-browser-access, x-sluice-session, x-request-id, idempotency-key, api-key, ' +
      'cookie, x-forwarded-for, host, x-evil, ,"quoted", x-stainless-ä';
    const given = await preflight(CHAT, { 'access-control-request-headers': asked });
    expect(given.headers['access-control-allow-headers']).toBe(
      'authorization, content-type, x-stainless-arch, x-stainless-retry-count, anthropic-version, ' +
        'anthropic-dangerous-direct-browser-access, x-sluice-session, x-request-id, idempotency-key, api-key',
    );
  });

  test('that asks for thousands of headers gets a short answer', async () => {
    const names = Array.from({ length: 900 }, (_, index) => `x-stainless-${index}`).join(',');
    const given = await preflight(CHAT, { 'access-control-request-headers': names });
    expect(given.headers['access-control-allow-headers']?.split(', ')).toHaveLength(64);
  });

  test.each([
    'https://evil.example',
    'https://app.example.com.evil.example',
    'http://app.example.com',
    'null',
  ])('of the page %s allows nothing', async (origin) => {
    const given = await preflight(CHAT, { 'access-control-request-headers': 'authorization' }, origin);
    expect([given.status, corsHeaders(given)]).toEqual([204, ['vary']]);
  });

  test('of a URL that nobody serves is a 404 like any other', async () => {
    expect((await preflight('/v1/nothing')).status).toBe(404);
  });

  test('is a method like others when it is no browser’s question', async () => {
    const given = await asPage({ method: 'OPTIONS' });
    expect([given.status, given.headers['allow']]).toEqual([405, 'POST']);
  });
});

describe('an answer', () => {
  test('may be read by the page, its headers too', async () => {
    const given = await asPage();
    expect(given.status).toBe(200);
    expect(given.headers).toMatchObject({ 'access-control-allow-origin': PAGE, vary: 'origin' });
    const exposed = given.headers['access-control-expose-headers']?.split(', ');
    const known = ['content-type', 'content-length', 'date', 'connection', 'vary', 'keep-alive'];
    const own = Object.keys(given.headers).filter((name) => !/^access-control-/.test(name));
    expect(own.filter((name) => !known.includes(name) && exposed?.includes(name) !== true)).toEqual([]);
    expect(exposed).toContain('retry-after');
    expect(exposed).toContain('x-ratelimit-remaining-tokens');
  });

  test.each<[string, number, CallOptions]>([
    ['a wrong key', 401, { headers: { 'x-api-key': 'wrong' } }],
    ['a bad body', 400, { body: '{' }],
    ['an unknown model', 404, { body: chatBody({ model: 'nobody' }) }],
    ['a wrong method', 405, { method: 'PUT' }],
    ['an unknown route', 404, { path: '/v1/nothing' }],
    ['the models', 200, { path: '/v1/models', method: 'GET' }],
    ['the models without a key', 401, { path: '/v1/models', method: 'GET', headers: {} }],
    ['Anthropic’s dialect', 200, { path: '/v1/messages', body: { ...chatBody(), max_tokens: 9 } }],
  ])('to %s may be read as well', async (_, status, options) => {
    const given = await asPage(options);
    expect([given.status, given.headers['access-control-allow-origin']]).toEqual([status, PAGE]);
  });

  test('that fails at every provider may be read as well', async () => {
    await provider.stop();
    const given = await asPage();
    expect([given.status, given.headers['access-control-allow-origin']]).toEqual([502, PAGE]);
  });

  test('that is a stream may be read as well', async () => {
    provider.reply = stream([ROLE, chunk({ content: 'Hi' }), FINISH, DONE]);
    const given = await asPage({ body: chatBody({ stream: true }) });
    expect(given.text).toContain('Hi');
    expect(given.headers).toMatchObject({
      'access-control-allow-origin': PAGE,
      'content-type': expect.stringContaining('text/event-stream') as string,
    });
  });

  test('to another page is given, but not to be read', async () => {
    const given = await asPage({}, 'https://evil.example');
    expect([given.status, corsHeaders(given)]).toEqual([200, ['vary']]);
  });

  test('to no page carries nothing of it', async () => {
    expect(corsHeaders(await call(edge.port))).toEqual([]);
  });
});

test('"*" is every page, and caches may keep the answer for all', async () => {
  edge = await startEdge({ origins: ['*'] });
  for (const given of [await asPage({}, 'null'), await preflight(CHAT, {}, 'https://any.example')]) {
    expect(given.headers['access-control-allow-origin']).toBe('*');
    expect(given.headers).not.toHaveProperty('vary');
  }
});

test('an origin is one whatever case the config writes it in', async () => {
  edge = await startEdge({ origins: ['https://App.Example.com'] });
  expect((await asPage()).headers['access-control-allow-origin']).toBe(PAGE);
});

test('without server.cors there is no such header and no preflight', async () => {
  edge = await startEdge();
  const asked = await preflight();
  expect([asked.status, corsHeaders(asked), corsHeaders(await asPage())]).toEqual([405, [], []]);
});

test('a reload that takes an origin away takes it away', async () => {
  expect((await asPage()).headers['access-control-allow-origin']).toBe(PAGE);
  edge.edge.holder.swap(
    await makeTestGeneration(
      modelOver([provider], { sections: { server: { cors: { origins: ['https://other.example'] } } } }),
    ),
  );
  expect(corsHeaders(await asPage())).toEqual(['vary']);
});
