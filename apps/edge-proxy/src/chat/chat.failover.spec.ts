// First route, then the next on failure: what fails over, what does not, and what the client is told at the end.
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import {
  answer,
  beginStream,
  breakOff,
  chunk,
  completion,
  DONE,
  FINISH,
  refusal,
  type Reply,
  ROLE,
  silence,
  startFakeProvider,
  stream,
  wholeStream,
} from '../__fixtures__/fake-provider.js';
import { call, chatBody, errorOf, wordsOf } from '../__fixtures__/http-client.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';
import { modelOver } from '../__fixtures__/test-generation.js';

const first = providerOfEachTest();
const second = providerOfEachTest(completion('second'));

const resetBeforeHeaders: Reply = ({ socket }) => socket.resetAndDestroy();
const closeBeforeHeaders: Reply = ({ socket }) => socket.destroy();
const resetInPlainBody: Reply = (received) => {
  received.response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
  received.response.write('{"id":"x",');
  breakOff(received);
};
const closeInChunkedBody: Reply = ({ response, socket }) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"id":"x",', () => setTimeout(() => socket.destroy(), 10));
};
const gzipped: Reply = ({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  response.end(gzipSync('{"choices":[]}'));
};
const notHttp: Reply = ({ socket }) => socket.end('this is not HTTP\r\n\r\n');

/** Ways in which a provider fails a plain request, none of them the client's doing. */
const PLAIN_FAILURES: readonly (readonly [string, Reply])[] = [
  ['a reset before the headers', resetBeforeHeaders],
  ['a close before the headers', closeBeforeHeaders],
  ['a reset in the middle of the body', resetInPlainBody],
  ['a close in the middle of a chunked body', closeInChunkedBody],
  ['no HTTP', notHttp],
  ...[500, 502, 503, 504, 529, 408, 409, 401, 402, 403, 404, 429].map(
    (status) => [`status ${status}`, refusal(status)] as const,
  ),
  ['a redirect', answer(302, '', { location: 'http://127.0.0.1:1/' })],
  ['a 200 that is HTML', answer(200, '<html>login</html>', { 'content-type': 'text/html' })],
  ['an empty 200', answer(200, '')],
  ['half a JSON text in a 200', answer(200, '{"choices":[')],
  ['a 200 without choices', answer(200, { id: 'x' })],
  ['an error inside a 200', answer(200, { error: { message: 'overloaded', code: 503 } })],
  ['an error as text inside a 200', answer(200, { error: 'something went wrong' })],
  ['an encoded body', gzipped],
  ['a status 204', ({ response }) => response.writeHead(204).end()],
];

test.each(PLAIN_FAILURES)('%s: the next route serves, and the client does not notice', async (_, reply) => {
  first.reply = reply;
  await using edge = await startTestEdge(modelOver([first, second]));
  const given = await call(edge.port);
  expect(given).toMatchObject({
    status: 200,
    headers: { 'x-sluice-provider': 'p2', 'x-sluice-model': 'upstream-p2', 'x-sluice-attempts': '2' },
  });
  expect(given.text).toContain('second');
  expect([first.calls.length, second.calls.length]).toEqual([1, 1]);
  const event = await edge.sink.theEvent();
  expect(event).toMatchObject({ outcome: 'succeeded', status: 200, provider: 'p2' });
  expect(event.attempts.map(({ provider, decision }) => [provider, decision])).toEqual([
    ['p1', 'next_route'],
    ['p2', 'served'],
  ]);
});

const broken =
  (events: readonly string[]): Reply =>
  (received) => {
    beginStream(received, events);
    breakOff(received);
  };

/** Ways in which a stream fails before its first content: the client has not seen a byte of it. */
const STREAM_FAILURES: readonly (readonly [string, Reply])[] = [
  ['a reset before the headers', resetBeforeHeaders],
  ['status 503', refusal(503)],
  ['status 429', refusal(429)],
  ['nothing but headers, then a reset', broken([])],
  ['a role chunk, then a reset', broken([ROLE])],
  ['a role chunk, then the end', stream([ROLE])],
  ['an empty stream', stream([])],
  ['comments only', stream([': hello\n\n', ': hello\n\n'])],
  ['an error event first', stream([`data: ${JSON.stringify({ error: { message: 'no', code: 500 } })}\n\n`])],
  ['an error event after the role', stream([ROLE, `data: {"error":{"message":"no"}}\n\n`])],
  ['half an event', stream([ROLE, 'data: {"id":"c","choices":[{"del'])],
  ['HTML', answer(200, '<html></html>', { 'content-type': 'text/html' })],
  ['a whole document instead of a stream', completion('no stream')],
  ['an error document in a 200', answer(200, { error: { message: 'no' } })],
  ['an encoded stream', gzipped],
];

test.each(STREAM_FAILURES)('a stream that begins with %s is served by the next route', async (_, reply) => {
  first.reply = reply;
  second.reply = stream(wholeStream('a', 'b'));
  await using edge = await startTestEdge(modelOver([first, second]));
  const given = await call(edge.port, { body: chatBody({ stream: true }) });
  expect(given).toMatchObject({ status: 200, isWhole: true, headers: { 'x-sluice-provider': 'p2' } });
  expect(wordsOf(given.text)).toBe('ab');
  expect(given.text.endsWith(DONE)).toBe(true);
  const event = await edge.sink.theEvent();
  expect(event.attempts.map(({ decision }) => decision)).toEqual(['next_route', 'served']);
});

test('a refused connection fails over', async () => {
  const gone = await startFakeProvider();
  await gone.stop();
  await using edge = await startTestEdge(modelOver([gone, second]));
  expect((await call(edge.port)).headers['x-sluice-provider']).toBe('p2');
  const event = await edge.sink.theEvent();
  expect(event.attempts[0]).toMatchObject({ status: null, decision: 'next_route', usage: 'none' });
});

test('a connection that is not ready within timeouts.connect is given up', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  // TCP connects, the TLS handshake never ends.
  await using edge = await startTestEdge(
    modelOver([{ baseUrl: `https://127.0.0.1:${port}/v1` }, second], {
      sections: { timeouts: { connect: '60ms' } },
    }),
  );
  const given = await call(edge.port);
  silent.close();
  expect(given.headers['x-sluice-provider']).toBe('p2');
  expect(given.ms).toBeLessThan(1000);
});

test('no byte within timeouts.firstToken fails over, and the silent call is closed', async () => {
  first.reply = silence;
  second.reply = stream(wholeStream('ok'));
  await using edge = await startTestEdge(
    modelOver([first, second], { sections: { timeouts: { firstToken: '60ms' } } }),
  );
  const given = await call(edge.port, { body: chatBody({ stream: true }) });
  expect(wordsOf(given.text)).toBe('ok');
  expect(first.calls[0]?.closedMs).not.toBeNull();
});

test('a fallback has its own timeouts, not those of the model that was asked for', async () => {
  first.reply = answer(503, {});
  second.reply = silence;
  const config = modelOver([first, second], {
    model: { timeouts: { firstToken: '10s' }, fallbacks: ['hasty'] },
  }) as {
    models: { m: { routes: object[] } };
  };
  const [only] = config.models.m.routes;
  await using edge = await startTestEdge({
    ...config,
    models: {
      m: { ...config.models.m, routes: [only] },
      hasty: { routes: [{ provider: 'p2', model: 'x' }], timeouts: { firstToken: '60ms' } },
    },
    retry: { maxAttempts: 2 },
  });
  const given = await call(edge.port, { body: chatBody({ stream: true }) });
  expect(given.status).toBe(502);
  expect(given.ms).toBeLessThan(2_000);
});

test('a role chunk alone does not count as the first token', async () => {
  first.reply = (received) => beginStream(received, [ROLE]);
  second.reply = stream(wholeStream('ok'));
  await using edge = await startTestEdge(
    modelOver([first, second], { sections: { timeouts: { firstToken: '60ms' } } }),
  );
  expect(wordsOf((await call(edge.port, { body: chatBody({ stream: true }) })).text)).toBe('ok');
});

test('a plain body that stalls for timeouts.idle fails over', async () => {
  first.reply = ({ response }) => void response.writeHead(200).write('{"id":');
  await using edge = await startTestEdge(
    modelOver([first, second], { sections: { timeouts: { idle: '60ms' } } }),
  );
  expect((await call(edge.port)).headers['x-sluice-provider']).toBe('p2');
});

test.each([1, 2, 3])('never more than retry.maxAttempts (%d) upstream calls', async (maxAttempts) => {
  first.reply = refusal(503);
  const routes = [first, first, first, first, first];
  await using edge = await startTestEdge(modelOver(routes, { sections: { retry: { maxAttempts } } }));
  expect((await call(edge.port)).status).toBe(502);
  expect(first.calls.length).toBe(maxAttempts);
  expect((await edge.sink.theEvent()).attempts.map(({ decision }) => decision)).toEqual([
    ...Array<string>(maxAttempts - 1).fill('next_route'),
    'give_up',
  ]);
});

/** Each route once. */
const TWO_ATTEMPTS = { sections: { retry: { maxAttempts: 2 } } };

describe('the client is at fault', () => {
  test.each([400, 413, 415, 422])('status %d passes through and is not retried', async (status) => {
    const body = `{ "error": {"message":"äh, no — that is wrong","type":"t","param":"messages","code":"x${status}"} }`;
    first.reply = answer(status, body, { 'set-cookie': 'a=b', server: 'secret' });
    await using edge = await startTestEdge(modelOver([first, second]));
    const given = await call(edge.port);
    expect(given).toMatchObject({ status, text: body, headers: { 'content-type': 'application/json' } });
    expect(given.headers).not.toHaveProperty('set-cookie');
    expect(second.calls).toEqual([]);
    expect(await edge.sink.theEvent()).toMatchObject({
      outcome: 'failed',
      status,
      errorMessage: 'äh, no — that is wrong',
      attempts: [{ decision: 'give_up', status, usage: 'none', costUsdNanos: 0 }],
    });
  });

  test('a 400 that is no JSON becomes an error of our own with the same status', async () => {
    first.reply = answer(400, '<html>bad</html>', { 'content-type': 'text/html' });
    await using edge = await startTestEdge(modelOver([first, second]));
    const given = await call(edge.port);
    expect(given.status).toBe(400);
    expect(errorOf(given).code).toBe('invalid_request');
    expect(given.text).not.toContain('html');
  });

  test('a request for a stream gets a refusal as plain JSON with its status', async () => {
    first.reply = refusal(400, { code: 'context_length_exceeded' });
    await using edge = await startTestEdge(modelOver([first, second]));
    const given = await call(edge.port, { body: chatBody({ stream: true }) });
    expect(given).toMatchObject({ status: 400, headers: { 'content-type': 'application/json' } });
    expect(await edge.sink.theEvent()).toMatchObject({ errorCode: 'context_length_exceeded', stream: true });
  });
});

describe('404', () => {
  test('a model that no provider has: the last provider’s status and body', async () => {
    first.reply = refusal(503);
    second.reply = answer(404, '{"error":{"message":"no such model"}}');
    await using edge = await startTestEdge(modelOver([first, second], TWO_ATTEMPTS));
    expect(await call(edge.port)).toMatchObject({
      status: 404,
      text: '{"error":{"message":"no such model"}}',
    });
  });
});

describe('429', () => {
  test('every provider over its limit: provider_rate_limited with the smallest hint', async () => {
    first.reply = refusal(429, {}, { 'retry-after': '7' });
    second.reply = refusal(429, {}, { 'retry-after': '90' });
    await using edge = await startTestEdge(modelOver([first, second]));
    const given = await call(edge.port);
    expect(given).toMatchObject({ status: 429, headers: { 'retry-after': '7' } });
    expect(errorOf(given).code).toBe('provider_rate_limited');
    expect(given.text).not.toContain('secret words');
  });

  test('without a hint the client is still told when to come back', async () => {
    first.reply = refusal(429);
    await using edge = await startTestEdge(modelOver([first]));
    expect(await call(edge.port)).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
  });
});

describe('502', () => {
  test('every route failed: the last reason, not the provider’s words, address or key', async () => {
    first.reply = refusal(500);
    second.reply = refusal(503, { message: 'internal host db-7 with sk-live-123' });
    await using edge = await startTestEdge(modelOver([first, second], TWO_ATTEMPTS));
    const given = await call(edge.port);
    expect(given).toMatchObject({ status: 502, headers: { 'x-sluice-attempts': '2' } });
    expect(errorOf(given)).toMatchObject({ code: 'all_providers_failed', type: 'server_error' });
    expect(errorOf(given).message).toContain('503');
    expect(given.text).not.toMatch(/db-7|sk-live|127\.0\.0\.1|provider-secret/);
    expect((await edge.sink.theEvent()).errorMessage).toBe('internal host db-7 with sk-live-123');
  });

  test.each([
    ['401', refusal(401)],
    ['402', refusal(402)],
    ['403', refusal(403)],
    ['429 with a used-up quota', refusal(429, { code: 'insufficient_quota' })],
    ['400 that names the key', refusal(400, { code: 'invalid_api_key' })],
  ])('our credential is refused (%s): 502 without the provider’s body', async (_, reply) => {
    first.reply = reply;
    await using edge = await startTestEdge(modelOver([first]));
    const given = await call(edge.port);
    expect(given.status).toBe(502);
    expect(errorOf(given).code).toBe('provider_credential_rejected');
    expect(given.text).not.toContain('secret words');
    expect(given.headers).not.toHaveProperty('retry-after');
  });

  test('headers larger than a provider may send fail the call, not the process', async () => {
    first.reply = answer(200, '{}', { 'x-large': 'x'.repeat(100_000) });
    await using edge = await startTestEdge(modelOver([first, second]));
    expect((await call(edge.port)).headers['x-sluice-provider']).toBe('p2');
  });
});

test('a second chunk of words is never mixed with the words of a failed route', async () => {
  first.reply = (received) => {
    beginStream(received, [ROLE, 'data: {"model":"u","choices":[{"delta":{"content":"lost'.slice(0, 40)]);
    breakOff(received);
  };
  second.reply = stream([ROLE, chunk({ content: 'kept' }), FINISH, DONE]);
  await using edge = await startTestEdge(modelOver([first, second]));
  const given = await call(edge.port, { body: chatBody({ stream: true }) });
  expect(wordsOf(given.text)).toBe('kept');
  expect(given.text.match(/"role"/g)).toHaveLength(1);
});
