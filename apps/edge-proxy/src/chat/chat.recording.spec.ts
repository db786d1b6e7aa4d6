// What is told of a request, what goes to the provider, and what of its answer reaches the client.
import { describe, expect, test } from 'vitest';
import { waitFor } from '@sluice/testing';
import { cloudEventSchema, requestCompletedSchema } from '@sluice/contracts';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import {
  answer,
  completion,
  refusal,
  type Reply,
  stream,
  wholeStream,
} from '../__fixtures__/fake-provider.js';
import { call, chatBody } from '../__fixtures__/http-client.js';
import { RecordingSink } from '../__fixtures__/recording-sink.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';
import { KEY, modelOver, NARROW_KEY } from '../__fixtures__/test-generation.js';
import { recoverIntent } from '../reporting/to-request-event.js';

const first = providerOfEachTest();
const second = providerOfEachTest();

describe('exactly one event', () => {
  test('for each request of a known key, under the subject of its outcome; none for all others', async () => {
    await using edge = await startTestEdge(modelOver([first]));
    const key = { authorization: `Bearer ${KEY}` };
    await call(edge.port);
    await call(edge.port, { body: '{' });
    await call(edge.port, { body: chatBody({ model: 'nobody' }) });
    first.reply = refusal(500);
    await call(edge.port, { body: chatBody({ stream: true }) });
    const none = [
      { headers: {} },
      { headers: { 'x-api-key': 'wrong' } },
      { path: '/v1/models', method: 'GET', headers: key },
      { path: '/v1/models/m', method: 'GET', headers: key },
      { path: '/v1/nothing', headers: key },
      { method: 'GET', headers: key },
    ];
    for (const options of none) await call(edge.port, options);
    expect(edge.sink.subjects).toEqual([
      'sluice.v1.request.succeeded',
      'sluice.v1.request.rejected',
      'sluice.v1.request.rejected',
      'sluice.v1.request.failed',
    ]);
    expect(edge.sink.events.map(({ spoolSeq }) => spoolSeq)).toEqual([1, 2, 3, 4]);
  });

  test('its totals are the sums over its attempts, its price that of each route', async () => {
    const usage = {
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 120,
      prompt_tokens_details: { cached_tokens: 40 },
    };
    first.reply = ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 500 });
      response.write('{"id":"x"', () => setTimeout(() => response.destroy(), 10));
    };
    second.reply = answer(200, { choices: [], model: 'u', usage });
    const config = modelOver([first, second]) as { models: { m: { routes: { price: object }[] } } };
    config.models.m.routes[1]!.price = { input: 3, cachedInput: 1, output: 10 };
    await using edge = await startTestEdge(config);
    await call(edge.port);
    const event = await edge.sink.theEvent();
    const [cut, served] = event.attempts;
    expect(served).toMatchObject({
      attemptId: `${event.eventId}.2`,
      usage: 'provider',
      tokens: { input: 100, output: 20, cachedInput: 40 },
      costUsdNanos: (60 * 3 + 40 * 1 + 20 * 10) * 1000,
    });
    expect(cut).toMatchObject({ attemptId: `${event.eventId}.1`, usage: 'estimated', status: 200 });
    expect(cut!.tokens.input).toBeGreaterThan(0);
    expect(event.tokens.input).toBe(100 + cut!.tokens.input);
    expect(event.tokens.output).toBe(20 + cut!.tokens.output);
    expect(event.costUsdNanos).toBe(cut!.costUsdNanos + served!.costUsdNanos);
    expect(event).toMatchObject({ priceSource: 'config', provider: 'p2', providerModel: 'upstream-p2' });
  });

  test('times add up: attempts lie inside the total, the rest is ours', async () => {
    first.reply = (received) => setTimeout(() => refusal(503)(received), 60);
    second.reply = (received) => setTimeout(() => completion('x')(received), 60);
    await using edge = await startTestEdge(modelOver([first, second]));
    await call(edge.port);
    const { attempts, timing } = await edge.sink.theEvent();
    const waited = attempts.reduce((sum, { durationMs }) => sum + durationMs, 0);
    expect(waited).toBeGreaterThan(115);
    expect(attempts[1]!.startedMs).toBeGreaterThan(55);
    expect(timing.totalMs).toBeGreaterThanOrEqual(Math.floor(waited));
    expect(timing.overheadMs).toBeCloseTo(timing.totalMs - waited, 0);
    expect(timing.firstTokenMs).toBeNull();
  });

  test('it holds who asked, for what, and the client’s own label', async () => {
    await using edge = await startTestEdge(modelOver([first]));
    await call(edge.port, {
      headers: { 'x-api-key': NARROW_KEY, traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` },
      body: chatBody({ user: 'ü"\n\0\u2028😀' }),
    });
    expect(await edge.sink.theEvent()).toMatchObject({
      keyId: 'config:narrow',
      keyName: 'narrow',
      teamId: 'default',
      endpoint: 'chat.completions',
      requestedModel: 'm',
      user: 'ü"\n\0\u2028😀',
      traceId: 'a'.repeat(32),
      configVersion: edge.edge.holder.current.config.version,
    });
  });
});

describe('the intent', () => {
  test('is written before the provider sees the request, and again with both attempts before the second', async () => {
    const seen: number[] = [];
    await using edge = await startTestEdge(modelOver([first, second]));
    const noting =
      (reply: Reply): Reply =>
      (received) => {
        seen.push(edge.sink.intents.length);
        reply(received);
      };
    first.reply = noting(refusal(503));
    second.reply = noting(completion('x'));
    await call(edge.port);
    expect(seen).toEqual([1, 2]);
    const recovered = edge.sink.intents.map(({ eventId, json }) => {
      const { subject, eventJson } = recoverIntent(json, { spoolId: edge.sink.spoolId, spoolSeq: 7 });
      const envelope = cloudEventSchema.parse(JSON.parse(eventJson));
      expect([subject, envelope.id]).toEqual(['sluice.v1.request.unknown', eventId]);
      return requestCompletedSchema.strict().parse(envelope.data);
    });
    const event = await edge.sink.theEvent();
    expect(
      recovered.map(({ attempts }) =>
        attempts.map(({ attemptId, decision, provider }) => [attemptId, decision, provider]),
      ),
    ).toEqual([
      [[`${event.eventId}.1`, 'unknown', 'p1']],
      [
        [`${event.eventId}.1`, 'next_route', 'p1'],
        [`${event.eventId}.2`, 'unknown', 'p2'],
      ],
    ]);
    for (const { eventId, occurredAt } of recovered) {
      expect([eventId, occurredAt]).toEqual([event.eventId, event.occurredAt]);
    }
  });
});

/** A sink that is slow to store intents: the test says when. */
class HeldIntents extends RecordingSink {
  readonly held: (() => void)[] = [];
  override appendIntent(eventId: string, json: string, onWritten: () => void): void {
    this.intents.push({ eventId, json });
    this.held.push(onWritten);
  }
}

describe('while the intent is being stored', () => {
  test('nothing goes to the provider', async () => {
    const sink = new HeldIntents();
    await using edge = await startTestEdge(modelOver([first]), { sink });
    const pending = call(edge.port);
    await waitFor(() => sink.held.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 60)); // a provider would have been called by now
    expect([first.calls.length, first.connections]).toEqual([0, 0]);
    sink.held[0]?.();
    expect((await pending).status).toBe(200);
  });

  test.each([
    ['the client goes', 'cancelled', 499],
    ['the deadline passes', 'failed', 504],
  ])('%s: nobody is called afterwards, and nothing is charged', async (what, outcome, status) => {
    const sink = new HeldIntents();
    await using edge = await startTestEdge(modelOver([first]), { sink });
    const abort = new AbortController();
    const headers = { 'x-api-key': KEY, ...(status === 504 ? { 'x-sluice-deadline-ms': '50' } : {}) };
    const pending = call(edge.port, { headers, signal: abort.signal }).catch(() => undefined);
    await waitFor(() => sink.held.length === 1, { message: what });
    if (status === 499) abort.abort();
    const event = await sink.theEvent();
    sink.held[0]?.();
    await pending;
    await new Promise((resolve) => setTimeout(resolve, 60)); // a provider would have been called by now
    expect(first.connections).toBe(0);
    expect(event).toMatchObject({ outcome, status, attempts: [{ usage: 'none', costUsdNanos: 0 }] });
    expect(sink.events).toHaveLength(1);
  });
});

test('the provider gets exactly the listed headers, and its own credential', async () => {
  await using edge = await startTestEdge(
    modelOver([first], { provider: { sendAttemptId: true, headers: { 'x-team': 'ml' } } }),
  );
  await call(edge.port, {
    headers: {
      authorization: `Bearer ${KEY}`,
      'content-type': 'application/json; charset=utf-8',
      'x-request-id': 'label',
      cookie: 'a=b',
      'accept-encoding': 'gzip, br',
      accept: 'text/html',
      'user-agent': 'client/1',
      'x-forwarded-for': '10.0.0.1',
      'x-forwarded-host': 'evil.example',
      forwarded: 'for=10.0.0.1',
      'x-real-ip': '10.0.0.1',
      'openai-organization': 'org-of-the-client',
      'x-stainless-lang': 'js',
      'x-sluice-attempt-id': 'forged',
      'x-team': 'forged',
      'proxy-authorization': 'Basic x',
      te: 'trailers',
      origin: 'https://elsewhere.example',
    },
  });
  const event = await edge.sink.theEvent();
  const [received] = first.calls;
  expect(received?.headers).toEqual({
    host: `127.0.0.1:${first.port}`,
    'content-type': 'application/json',
    'accept-encoding': 'identity',
    authorization: 'Bearer provider-secret-of-p1',
    'x-team': 'ml',
    'x-request-id': 'label',
    'x-sluice-attempt-id': `${event.eventId}.1`,
    'content-length': String(Buffer.byteLength(received?.body ?? '')),
  });
  expect(received).toMatchObject({ method: 'POST', path: '/v1/chat/completions' });
  expect(JSON.parse(received?.body ?? '')).toEqual(chatBody({ model: 'upstream-p1' }));
});

test('each attempt of a request has an id of its own, and only where the provider asks for it', async () => {
  first.reply = refusal(503);
  await using edge = await startTestEdge(modelOver([first, second], { provider: { sendAttemptId: true } }));
  await call(edge.port);
  const { eventId } = await edge.sink.theEvent();
  const ids = [first, second].map(({ calls }) => calls[0]?.headers['x-sluice-attempt-id']);
  expect(ids).toEqual([`${eventId}.1`, `${eventId}.2`]);
});

test.each([
  ['a plain answer', false, answer],
  ['a stream', true, () => stream(wholeStream('x'))],
])('the headers of the provider’s %s do not reach the client', async (_, isStream, reply) => {
  first.reply = (received) => {
    for (const [name, value] of [
      ['set-cookie', 'session=1'],
      ['server', 'secret-server/1'],
      ['openai-organization', 'org-of-the-gateway'],
      ['x-ratelimit-remaining-requests', '3'],
      ['x-request-id', 'req-of-the-provider'],
      ['access-control-allow-origin', '*'],
      ['x-sluice-provider', 'forged'],
      ['location', 'http://elsewhere.example'],
    ] as const) {
      received.response.setHeader(name, value);
    }
    reply(200, { choices: [], model: 'u' })(received);
  };
  await using edge = await startTestEdge(modelOver([first]));
  const given = await call(edge.port, { body: chatBody({ stream: isStream }) });
  const framing = isStream ? ['cache-control', 'transfer-encoding', 'x-accel-buffering'] : ['content-length'];
  expect(Object.keys(given.headers).sort()).toEqual(
    [
      ...framing,
      'connection',
      'content-type',
      'date',
      'x-request-id',
      'x-sluice-attempts',
      'x-sluice-model',
      'x-sluice-provider',
    ].sort(),
  );
  expect(given.headers['x-sluice-provider']).toBe('p1');
  expect(given.headers['x-request-id']).toBe((await edge.sink.theEvent()).eventId);
});

test('the bytes of a body go to the provider as they came, but for the model', async () => {
  await using edge = await startTestEdge(modelOver([first]));
  const body =
    '\t{ "messages" :[{"role":"user","content":"\\u00e4 ä \\ud83d\\ude00 1.0 1e2"}],\n"n": 1.0, "model" : "\\u006d" ,"x":{"model":"m"}}\r\n';
  expect((await call(edge.port, { body })).status).toBe(200);
  expect(first.calls[0]?.body).toBe(body.replace('"\\u006d"', '"upstream-p1"'));
});

test('embeddings are recorded as such; no estimate turns a long vector into output tokens', async () => {
  first.reply = answer(200, {
    object: 'list',
    model: 'u',
    data: [{ object: 'embedding', index: 0, embedding: Array<number>(2000).fill(0.123456) }],
  });
  await using edge = await startTestEdge(modelOver([first]));
  const given = await call(edge.port, { path: '/v1/embeddings', body: { model: 'm', input: 'hello there' } });
  expect(given.status).toBe(200);
  expect(first.calls[0]?.path).toBe('/v1/embeddings');
  expect(await edge.sink.theEvent()).toMatchObject({
    endpoint: 'embeddings',
    tokens: { output: 0 },
    attempts: [{ usage: 'estimated', tokens: { output: 0 } }],
  });
});

test('a provider’s secret in its own error message is masked in the event', async () => {
  const { registerSecrets } = await import('@sluice/service-kit');
  registerSecrets(['provider-secret-of-p1']);
  first.reply = refusal(400, { message: 'bad key provider-secret-of-p1' });
  await using edge = await startTestEdge(modelOver([first]));
  await call(edge.port);
  const { errorMessage } = await edge.sink.theEvent();
  expect(errorMessage).toContain('bad key');
  expect(errorMessage).not.toContain('provider-secret-of-p1');
});
