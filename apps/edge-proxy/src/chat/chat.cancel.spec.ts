// Ends that come from outside: the client goes away, or its deadline passes.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { waitFor } from '@sluice/testing';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import { beginStream, chunk, refusal, ROLE, silence, USAGE_CHUNK } from '../__fixtures__/fake-provider.js';
import {
  call,
  chatBody,
  CHAT,
  dataOf,
  errorOf,
  open,
  rawClient,
  readAll,
} from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { KEY, modelOver } from '../__fixtures__/test-generation.js';

const first = providerOfEachTest(silence);
const second = providerOfEachTest();
let edge: TestEdge;
const STREAM = chatBody({ stream: true });

beforeEach(async () => {
  edge = await startTestEdge(modelOver([first, second]));
});
afterEach(async () => {
  await edge[Symbol.asyncDispose]();
});

/** Milliseconds from `sinceMs` until the provider saw its connection closed. */
async function upstreamClosedAfter(sinceMs: number): Promise<number> {
  const closedMs = await waitFor(() => first.calls[0]?.closedMs ?? undefined, {
    timeoutMs: 2000,
    message: 'the upstream connection stayed open',
  });
  return closedMs - sinceMs;
}

describe('499', () => {
  test.each([
    ['a plain request', chatBody()],
    ['a stream', STREAM],
  ])('the client of %s goes before the headers: upstream closed within 250 ms', async (_, body) => {
    const abort = new AbortController();
    const pending = open(edge.port, { body, signal: abort.signal });
    pending.catch(() => undefined);
    await waitFor(() => first.calls.length === 1);
    const goneMs = performance.now();
    abort.abort();
    expect(await upstreamClosedAfter(goneMs)).toBeLessThan(250);
    expect(await edge.sink.theEvent()).toMatchObject({
      outcome: 'cancelled',
      status: 499,
      errorCode: 'client_closed_request',
      attempts: [{ decision: 'cancelled', status: null, usage: 'estimated', tokens: { output: 0 } }],
    });
    expect(second.calls).toEqual([]);
  });

  test('the client goes in the middle of a stream: upstream closed within 250 ms, usage estimated', async () => {
    first.reply = (received) =>
      beginStream(received, [ROLE, ...['a', 'b', 'c'].map((content) => chunk({ content }))]);
    const response = await open(edge.port, { body: STREAM });
    await new Promise((resolve) => response.once('data', resolve));
    const goneMs = performance.now();
    response.destroy();
    expect(await upstreamClosedAfter(goneMs)).toBeLessThan(250);
    const event = await edge.sink.theEvent();
    expect(event).toMatchObject({
      outcome: 'cancelled',
      status: 499,
      attempts: [{ decision: 'cancelled', status: 200, usage: 'estimated' }],
    });
    expect(event.tokens.output).toBeGreaterThanOrEqual(1);
    expect(event.tokens.input).toBeGreaterThan(1);
    expect(event.costUsdNanos).toBe(event.tokens.input * 1000 + event.tokens.output * 2000);
  });

  test('the client goes after the usage came: the provider’s own numbers are recorded', async () => {
    first.reply = (received) => beginStream(received, [ROLE, chunk({ content: 'a' }), USAGE_CHUNK]);
    const response = await open(edge.port, { body: STREAM });
    await new Promise((resolve) => response.once('data', resolve));
    response.destroy();
    expect(await edge.sink.theEvent()).toMatchObject({
      outcome: 'cancelled',
      tokens: { input: 10, output: 4 },
      attempts: [{ usage: 'provider' }],
    });
  });

  test('a client that only closes its sending side has gone as well', async () => {
    const client = await rawClient(edge.port);
    const body = JSON.stringify(chatBody());
    client.socket.write(
      `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await waitFor(() => first.calls.length === 1);
    const goneMs = performance.now();
    client.socket.end();
    expect(await upstreamClosedAfter(goneMs)).toBeLessThan(250);
  });

  test('the client goes while it sends its body: an event, no upstream call', async () => {
    const client = await rawClient(edge.port);
    client.socket.write(
      `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\ncontent-length: 1000\r\n\r\n{"model":`,
    );
    await waitFor(() => client.socket.bytesWritten > 0);
    client.socket.end();
    expect(await edge.sink.theEvent()).toMatchObject({
      outcome: 'cancelled',
      status: 499,
      requestedModel: null,
      attempts: [],
      tokens: { input: 0, output: 0 },
    });
    expect(first.calls).toEqual([]);
  });

  test('a client that goes between two attempts is not served by the second', async () => {
    const abort = new AbortController();
    first.reply = (received) => {
      abort.abort();
      setTimeout(() => refusal(503)(received), 100);
    };
    open(edge.port, { signal: abort.signal }).catch(() => undefined);
    await edge.sink.theEvent();
    await new Promise((resolve) => setTimeout(resolve, 150)); // the refusal is under way
    expect(second.calls).toEqual([]);
    expect(edge.sink.events).toHaveLength(1);
  });
});

const deadline = (ms: number | string): Record<string, string> => ({
  authorization: `Bearer ${KEY}`,
  'x-sluice-deadline-ms': String(ms),
});

describe('504', () => {
  test.each([
    ['a plain request', chatBody()],
    ['a stream that has not begun', STREAM],
  ])('the deadline of %s ends it within 100 ms', async (_, body) => {
    const given = await call(edge.port, { body, headers: deadline(120) });
    expect(given.status).toBe(504);
    expect(errorOf(given)).toMatchObject({ code: 'deadline_exceeded' });
    expect(errorOf(given).message).toContain('120 ms');
    expect(given.ms).toBeGreaterThan(110);
    expect(given.ms).toBeLessThan(220);
    await upstreamClosedAfter(0);
    expect(await edge.sink.theEvent()).toMatchObject({
      outcome: 'failed',
      status: 504,
      errorCode: 'deadline_exceeded',
      attempts: [{ decision: 'give_up', errorCode: 'deadline_exceeded' }],
    });
  });

  test('one deadline over all attempts: the second gets only what is left', async () => {
    first.reply = (received) => setTimeout(() => refusal(503)(received), 80);
    second.reply = silence;
    const given = await call(edge.port, { headers: deadline(150) });
    expect(given).toMatchObject({ status: 504, headers: { 'x-sluice-attempts': '2' } });
    expect(given.ms).toBeLessThan(250);
  });

  test('the config’s total time holds when the client asks for more', async () => {
    await using strict = await startTestEdge(
      modelOver([first], {
        sections: { timeouts: { total: '100ms', idle: '100ms', firstToken: '100ms', connect: '100ms' } },
      }),
    );
    const given = await call(strict.port, { headers: deadline(60_000) });
    expect(given.status).toBe(504);
    expect(given.ms).toBeLessThan(250);
  });
});

test('the deadline of a begun stream is an error event, and no [DONE]', async () => {
  first.reply = (received) => beginStream(received, [ROLE, chunk({ content: 'kept' })]);
  const startedMs = performance.now();
  const response = await open(edge.port, { body: STREAM, headers: deadline(150) });
  const given = await readAll(response, startedMs);
  expect(given).toMatchObject({ status: 200, isWhole: true });
  expect(given.ms).toBeLessThan(250);
  const last = dataOf(given.text).at(-1) ?? '';
  expect(errorOf({ text: last })).toMatchObject({ code: 'stream_interrupted' });
  expect(given.text).not.toContain('[DONE]');
  expect(await edge.sink.theEvent()).toMatchObject({
    outcome: 'failed',
    status: 200,
    errorCode: 'stream_interrupted',
    attempts: [{ decision: 'give_up', usage: 'estimated' }],
  });
});

test.each(['0', '-1', '1.5', 'soon', '1e3', '9999999999', ''])(
  'the deadline %j is refused with the name of the header',
  async (text) => {
    const given = await call(edge.port, { headers: deadline(text) });
    expect(given.status).toBe(400);
    expect(errorOf(given)).toMatchObject({ code: 'invalid_request', param: 'x-sluice-deadline-ms' });
    expect(first.calls).toEqual([]);
  },
);

test('requests that were sent at once on one connection all end when it closes', async () => {
  const body = JSON.stringify(chatBody());
  const one = `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${KEY}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const client = await rawClient(edge.port);
  client.socket.write(one + one + one);
  await waitFor(() => first.calls.length === 3);
  client.socket.destroy();
  await waitFor(() => first.calls.every(({ closedMs }) => closedMs !== null));
  expect(edge.sink.events.map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled', 'cancelled']);
});

test('a hundred clients that go at random moments leave no call open and one event each', async () => {
  first.reply = (received) => {
    beginStream(received, [ROLE]);
    const timer = setInterval(() => received.response.write(chunk({ content: 'x' })), 2);
    received.socket.once('close', () => clearInterval(timer));
  };
  const goings = Array.from({ length: 100 }, async (_, index) => {
    const abort = new AbortController();
    const goAfter = (ms: number): void => void setTimeout(() => abort.abort(), ms);
    const isEarly = index % 2 === 1;
    if (isEarly) goAfter((index * 7) % 60);
    await open(edge.port, { body: STREAM, signal: abort.signal })
      .then((response) => {
        if (!isEarly) goAfter(index % 11);
        return readAll(response);
      })
      .catch(() => undefined);
  });
  await Promise.all(goings);
  expect(first.calls.length).toBeGreaterThanOrEqual(50);
  await waitFor(() => first.calls.every(({ closedMs }) => closedMs !== null));
  await waitFor(() => edge.sink.events.length >= first.calls.length);
  const ids = edge.sink.events.map(({ eventId }) => eventId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(edge.sink.events.map(({ outcome }) => outcome))).toEqual(new Set(['cancelled']));
  expect(edge.log).toEqual([]);
});
