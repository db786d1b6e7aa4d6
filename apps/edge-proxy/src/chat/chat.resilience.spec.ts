// Breakers, cooldowns and fallbacks through a whole edge.
import { waitFor } from '@sluice/testing';
import { describe, expect, test } from 'vitest';
import { asMessages, COUNT_TOKENS } from '../__fixtures__/anthropic-replies.js';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import {
  answer,
  beginStream,
  chunk,
  completion,
  ROLE,
  silence,
  stream,
  wholeStream,
} from '../__fixtures__/fake-provider.js';
import { call, CHAT, chatBody, errorOf, open, rawClient, wordsOf } from '../__fixtures__/http-client.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';
import { KEY, makeTestGeneration, modelOver } from '../__fixtures__/test-generation.js';

const first = providerOfEachTest();
const second = providerOfEachTest();
const ONE_FAILURE = {
  retry: { maxAttempts: 1 },
  circuitBreaker: { consecutiveFailures: 1, openFor: '40ms', maxOpenFor: '40ms' },
};
const STREAM = chatBody({ stream: true });

/** An edge over `first` alone, whose breaker is open and whose next two requests are probes. */
async function startHalfOpen() {
  first.reply = answer(503, {});
  const edge = await startTestEdge(modelOver([first], { sections: ONE_FAILURE }));
  await call(edge.port);
  await waitFor(() => edge.edge.health.report().every(({ retryInMs }) => retryInMs === 0));
  return edge;
}

describe('a probe', () => {
  test('of a client that goes away is given back: the next request may try', async () => {
    await using edge = await startHalfOpen();
    first.reply = silence;
    for (let probe = 0; probe < 4; probe += 1) {
      const before = first.calls.length;
      const pending = call(edge.port, { signal: AbortSignal.timeout(100) });
      await waitFor(() => first.calls.length > before);
      await expect(pending).rejects.toThrow();
      await waitFor(() => edge.sink.events.at(-1)?.outcome === 'cancelled');
      edge.sink.events.length = 0;
    }
    first.reply = completion('back');
    expect((await call(edge.port)).status).toBe(200);
  });

  test('has succeeded with the first content, not when a long stream ends', async () => {
    await using edge = await startHalfOpen();
    first.reply = (received) => beginStream(received, [ROLE, chunk({ content: 'a long story' })]);
    const streams = [await open(edge.port, { body: STREAM }), await open(edge.port, { body: STREAM })];
    expect(edge.edge.health.report().map(({ state }) => state)).toEqual(['closed', 'closed']);
    first.reply = completion('third');
    expect((await call(edge.port)).status).toBe(200);
    for (const response of streams) response.destroy();
  });
});

test('with every breaker open a request hears 503 at once, with the soonest time', async () => {
  first.reply = answer(503, {});
  const sections = { ...ONE_FAILURE, circuitBreaker: { consecutiveFailures: 1, halfOpenProbes: 1 } };
  await using edge = await startTestEdge(modelOver([first], { sections }));
  await call(edge.port);
  await call(edge.port);
  expect(first.calls.length).toBe(2);
  const given = await call(edge.port);
  expect([given.status, errorOf(given).code]).toEqual([503, 'no_healthy_route']);
  expect(Number(given.headers['retry-after'])).toBeGreaterThan(0);
  expect(first.calls.length).toBe(2);
  expect(edge.sink.events.at(-1)).toMatchObject({
    outcome: 'failed',
    attempts: [],
    routing: { candidates: [{ provider: 'p1', order: null, filtered: 'breaker_open' }] },
  });
});

describe('a provider’s rate limit', () => {
  test('holds for the next request too: no call until its time has come', async () => {
    first.reply = answer(429, {}, { 'retry-after': '30' });
    second.reply = completion('from the other');
    await using edge = await startTestEdge(modelOver([first, second]));
    for (let request = 0; request < 3; request += 1) {
      expect((await call(edge.port)).headers['x-sluice-provider']).toBe('p2');
    }
    expect(first.calls.length).toBe(1);
  });

  test('is waited out when it is short and nobody else is there', async () => {
    first.reply = (received) =>
      first.calls.length === 1
        ? answer(429, {}, { 'retry-after-ms': '150' })(received)
        : completion('after a while')(received);
    await using edge = await startTestEdge(modelOver([first]));
    const given = await call(edge.port);
    expect(given.status).toBe(200);
    expect(given.ms).toBeGreaterThanOrEqual(149);
    const event = await edge.sink.theEvent();
    expect(event.attempts).toMatchObject([
      { status: 429, decision: 'retry', errorCode: 'provider_rate_limited' },
      { status: 200, decision: 'served' },
    ]);
    expect(event.timing.overheadMs).toBeLessThan(100);
  });

  test('that is longer than the client’s deadline is a 429 at once', async () => {
    first.reply = answer(429, {}, { 'retry-after': '2' });
    await using edge = await startTestEdge(modelOver([first]));
    const given = await call(edge.port, {
      headers: { authorization: `Bearer ${KEY}`, 'x-sluice-deadline-ms': '1000' },
    });
    expect([given.status, errorOf(given).code]).toEqual([429, 'provider_rate_limited']);
    expect(given.ms).toBeLessThan(900);
    expect(given.headers['retry-after']).toBe('2');
  });
});

test('a prompt that is too long for one model goes to the one named for that', async () => {
  first.reply = answer(400, {
    error: { message: 'too long', type: 'invalid_request_error', code: 'context_length_exceeded' },
  });
  second.reply = stream(wholeStream('from the large one'));
  const config = modelOver([first, second], { model: { fallbacksOn: { contextWindow: 'large' } } }) as {
    models: { m: { routes: object[] } };
  };
  const [only] = config.models.m.routes;
  await using edge = await startTestEdge({
    ...config,
    models: {
      m: { ...config.models.m, routes: [only] },
      large: { routes: [{ provider: 'p2', model: 'large-one' }] },
    },
  });
  const given = await call(edge.port, { body: STREAM });
  expect(wordsOf(given.text)).toBe('from the large one');
  expect(given.headers['x-sluice-model']).toBe('large-one');
  expect((await edge.sink.theEvent()).attempts).toMatchObject([
    { provider: 'p1', decision: 'next_route', errorCode: 'context_length_exceeded' },
    { provider: 'p2', decision: 'served' },
  ]);
});

test('a server that does not count tokens is no server that fails: its messages go on', async () => {
  first.reply = answer(501, {});
  const sections = { ...ONE_FAILURE, circuitBreaker: { consecutiveFailures: 1 } };
  await using edge = await startTestEdge(modelOver([first], { provider: { type: 'anthropic' }, sections }));
  for (let count = 0; count < 3; count += 1) {
    const counted = await call(edge.port, asMessages({ path: COUNT_TOKENS }));
    expect([counted.status, counted.headers['x-sluice-estimated']]).toEqual([200, 'true']);
  }
  expect(edge.edge.health.report().map(({ state }) => state)).toEqual(['closed', 'closed']);
});

test('a body that took longer than the client’s patience calls nobody and costs nothing', async () => {
  await using edge = await startTestEdge(modelOver([first]));
  const client = await rawClient(edge.port);
  const body = JSON.stringify(chatBody());
  client.socket.write(
    `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\nx-sluice-deadline-ms: 20\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`,
  );
  setTimeout(() => client.socket.write(body), 60);
  await client.ended;
  expect(client.text()).toMatch(/^HTTP\/1\.1 504 /);
  expect(first.calls).toEqual([]);
  expect((await edge.sink.theEvent()).costUsdNanos).toBe(0);
});

test('a stop of the gateway ends a wait for a repeat with a word, not with silence', async () => {
  first.reply = answer(503, {});
  const retry = { initialBackoff: '5s', maxBackoff: '5s', jitter: 'none' };
  await using edge = await startTestEdge(modelOver([first], { sections: { retry } }));
  const pending = call(edge.port);
  await waitFor(() => first.calls.length === 1);
  await edge.edge.drain(100);
  const given = await pending;
  expect([given.status, errorOf(given).code]).toEqual([503, 'overloaded']);
  expect((await edge.sink.theEvent()).attempts.length).toBe(1);
});

test('what the config says of a provider’s errors goes before what they usually mean', async () => {
  first.reply = answer(409, { error: { message: 'sold out', code: 'sold_out' } });
  second.reply = completion('from the other');
  const config = modelOver([first, second], { provider: { faults: { sold_out: 'client' } } });
  await using edge = await startTestEdge(config);
  const given = await call(edge.port);
  expect(given.status).toBe(409);
  expect(given.text).toContain('sold out');
  expect(second.calls).toEqual([]);
});

test('a reload’s settings hold for breakers that are known, whichever generation asks next', async () => {
  first.reply = answer(503, {});
  const sections = { retry: { maxAttempts: 1 }, circuitBreaker: { consecutiveFailures: 3 } };
  await using edge = await startTestEdge(modelOver([first], { sections }));
  await call(edge.port);
  const stricter = { ...sections, circuitBreaker: { consecutiveFailures: 2 } };
  edge.edge.use(await makeTestGeneration(modelOver([first], { sections: stricter })));
  await call(edge.port);
  expect(edge.edge.health.report().at(-1)).toMatchObject({ providerModel: 'upstream-p1', state: 'open' });
});
