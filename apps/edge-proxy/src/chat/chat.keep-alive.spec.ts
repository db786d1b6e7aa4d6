// A client of a stream hears something every 15 seconds (here: far more often), whoever is or is not answering it.
import { describe, expect, test } from 'vitest';
import { waitFor } from '@sluice/testing';
import {
  asMessages,
  BLOCK_START,
  eventNames,
  MESSAGE_START,
  messagesBody,
  messageStream,
} from '../__fixtures__/anthropic-replies.js';
import { providerOfEachTest } from '../__fixtures__/edge-hooks.js';
import {
  beginStream,
  chunk,
  DONE,
  type ReceivedCall,
  refusal,
  type Reply,
  ROLE,
  silence,
  stream,
  wholeStream,
} from '../__fixtures__/fake-provider.js';
import { call, chatBody, dataOf, errorOf, open, readAll, wordsOf } from '../__fixtures__/http-client.js';
import { startTestEdge, type TestEdge } from '../__fixtures__/test-edge.js';
import { KEY, modelOver } from '../__fixtures__/test-generation.js';

const first = providerOfEachTest(silence);
const second = providerOfEachTest();
const STREAM = chatBody({ stream: true });
const COMMENT = ': keep-alive\n\n';
const PING = 'event: ping\ndata: {"type": "ping"}\n\n';

/** Every 60 ms instead of every 15 s. */
const edgeOver = (
  providers: readonly { readonly baseUrl: string }[],
  more: Parameters<typeof modelOver>[1] = {},
): Promise<TestEdge> => startTestEdge(modelOver(providers, more), { keepAliveMs: 60 });

/** Answers like this after a while in which keep-alives are due. */
const late =
  (reply: Reply, afterMs = 300): Reply =>
  (received: ReceivedCall) =>
    void setTimeout(() => reply(received), afterMs);

/** The stream without its keep-alives, and how many there were. */
function withoutKeepAlives(
  text: string,
  keepAlive = COMMENT,
): { readonly text: string; readonly count: number } {
  const parts = text.split(keepAlive);
  return { text: parts.join(''), count: parts.length - 1 };
}

describe('before the first byte of a provider', () => {
  test('a client of OpenAI’s dialect gets comments, and then the whole stream', async () => {
    first.reply = late(stream(wholeStream('Hel', 'lo')));
    await using edge = await edgeOver([first]);
    const given = await call(edge.port, { body: STREAM, headers: headers({ 'x-request-id': 'label' }) });
    const { text, count } = withoutKeepAlives(given.text);
    expect(count).toBeGreaterThanOrEqual(2);
    expect(count).toBeLessThanOrEqual(6);
    expect(given.text.startsWith(COMMENT)).toBe(true);
    expect(wordsOf(text)).toBe('Hello');
    expect(text.endsWith(DONE)).toBe(true);
    expect(given).toMatchObject({
      status: 200,
      isWhole: true,
      headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-request-id': 'label' },
    });
    // Nobody had answered yet when the headers went out.
    expect(Object.keys(given.headers).filter((name) => name.startsWith('x-sluice-'))).toEqual([]);
    expect(await edge.sink.theEvent()).toMatchObject({ outcome: 'succeeded', status: 200, provider: 'p1' });
  });

  test('a client of Anthropic’s dialect gets its own ping events', async () => {
    first.reply = late(stream(messageStream('Hi')));
    await using edge = await edgeOver([first], { provider: { type: 'anthropic' } });
    const given = await call(edge.port, asMessages({ body: messagesBody({ stream: true }) }));
    expect(given.text.startsWith(PING)).toBe(true);
    expect(given.headers['request-id']).toBe(given.headers['x-request-id']);
    const names = eventNames(given.text);
    expect(names.filter((name) => name === 'message_start')).toHaveLength(1);
    expect(names.at(-1)).toBe('message_stop');
  });

  test('an answer in time has its headers and no keep-alive', async () => {
    first.reply = stream(wholeStream('x'));
    await using edge = await edgeOver([first]);
    const given = await call(edge.port, { body: STREAM });
    expect(given.headers['x-sluice-provider']).toBe('p1');
    expect(given.text).not.toContain(COMMENT);
  });

  test('a plain request gets its status, however late', async () => {
    first.reply = late(refusal(400));
    await using edge = await edgeOver([first]);
    expect((await call(edge.port)).status).toBe(400);
  });
});

const headers = (more: Record<string, string>): Record<string, string> => ({
  authorization: `Bearer ${KEY}`,
  ...more,
});

describe('failover stays possible behind keep-alives', () => {
  const TIMES = { sections: { timeouts: { firstToken: '250ms', idle: '2s' } } };
  const WAYS: readonly (readonly [string, Reply])[] = [
    ['never answers', silence],
    ['refuses late', late(refusal(503), 200)],
    ['begins and says nothing', (received) => beginStream(received, [ROLE])],
    ['breaks off before any content', late((received) => void received.socket.destroy(), 200)],
  ];

  test.each(WAYS)('a provider that %s leaves no trace but comments', async (_, reply) => {
    first.reply = reply;
    second.reply = late(stream(wholeStream('from the', ' second')), 100);
    await using edge = await edgeOver([first, second], TIMES);
    const given = await call(edge.port, { body: STREAM });
    const { text, count } = withoutKeepAlives(given.text);
    expect(count).toBeGreaterThanOrEqual(2);
    expect(wordsOf(text)).toBe('from the second');
    expect(text.match(/"role":"assistant"/g)).toHaveLength(1);
    expect(text.endsWith(DONE)).toBe(true);
    expect(await edge.sink.theEvent()).toMatchObject({
      outcome: 'succeeded',
      provider: 'p2',
      attempts: [{ decision: 'next_route' }, { decision: 'served' }],
    });
  });

  test('one message_start, the one of who served', async () => {
    first.reply = (received) => beginStream(received, [MESSAGE_START, BLOCK_START]);
    second.reply = late(stream(messageStream('mine')), 100);
    await using edge = await edgeOver([first, second], { ...TIMES, provider: { type: 'anthropic' } });
    const given = await call(edge.port, asMessages({ body: messagesBody({ stream: true }) }));
    expect(eventNames(given.text).filter((name) => name === 'message_start')).toHaveLength(1);
    expect(given.text).toContain('mine');
    expect((await edge.sink.theEvent()).provider).toBe('p2');
  });
});

describe('what would have been a status is one error event behind a keep-alive', () => {
  const TIMES = { sections: { timeouts: { firstToken: '200ms' }, retry: { maxAttempts: 1 } } };

  test('every provider failed', async () => {
    await using edge = await edgeOver([first], TIMES);
    const given = await call(edge.port, { body: STREAM });
    expect(given).toMatchObject({ status: 200, isWhole: true });
    const events = dataOf(withoutKeepAlives(given.text).text);
    expect(events).toHaveLength(1);
    const error = errorOf({ text: events[0] ?? '' });
    expect(error).toMatchObject({ code: 'all_providers_failed', type: 'server_error' });
    expect(error.message).toContain('timeouts.firstToken');
    expect(given.text).not.toContain('[DONE]');
    // What the client saw, and why.
    expect(await edge.sink.theEvent()).toMatchObject({
      outcome: 'failed',
      status: 200,
      errorCode: 'all_providers_failed',
      attempts: [{ errorCode: 'first_token_timeout', status: null }],
    });
  });

  test('every provider failed, in Anthropic’s dialect', async () => {
    await using edge = await edgeOver([first], { ...TIMES, provider: { type: 'anthropic' } });
    const given = await call(edge.port, asMessages({ body: messagesBody({ stream: true }) }));
    expect(eventNames(given.text).filter((name) => name !== 'ping')).toEqual(['error']);
    expect(given.text).toMatch(/event: error\ndata: \{"type":"error","error":\{"type":"api_error"/);
  });

  test('the provider’s own words about the request, in the client’s shape', async () => {
    first.reply = late(refusal(400, { code: 'context_length_exceeded', message: 'too long by 7' }));
    await using edge = await edgeOver([first, second]);
    const given = await call(edge.port, { body: STREAM });
    const events = dataOf(withoutKeepAlives(given.text).text);
    expect(events.map((text) => errorOf({ text }))).toEqual([
      {
        code: 'context_length_exceeded',
        type: 'invalid_request_error',
        message: 'too long by 7',
        param: null,
      },
    ]);
    expect(await edge.sink.theEvent()).toMatchObject({
      outcome: 'failed',
      status: 200,
      errorCode: 'context_length_exceeded',
    });
  });

  test('a provider’s words that are no error for the client’s SDK become one', async () => {
    first.reply = late(({ response }) => {
      response.writeHead(422, { 'content-type': 'application/json' });
      response.end('{"detail":\n"temperature is\\nwrong"}');
    });
    await using edge = await edgeOver([first]);
    const given = await call(edge.port, { body: STREAM });
    const [event = '', ...others] = dataOf(withoutKeepAlives(given.text).text);
    expect(others).toEqual([]);
    expect(errorOf({ text: event })).toMatchObject({ message: 'temperature is\nwrong' });
  });

  test('the deadline', async () => {
    await using edge = await edgeOver([first]);
    const given = await call(edge.port, {
      body: STREAM,
      headers: headers({ 'x-sluice-deadline-ms': '200' }),
    });
    const events = dataOf(withoutKeepAlives(given.text).text);
    expect(events.map((text) => errorOf({ text }).code)).toEqual(['deadline_exceeded']);
    expect(given.ms).toBeLessThan(400);
    expect(await edge.sink.theEvent()).toMatchObject({ status: 200, errorCode: 'deadline_exceeded' });
  });

  test('the gateway is stopped', async () => {
    const edge = await edgeOver([first]);
    const response = await open(edge.port, { body: STREAM });
    const reading = readAll(response);
    await edge[Symbol.asyncDispose]();
    const events = dataOf(withoutKeepAlives((await reading).text).text);
    expect(events.map((text) => errorOf({ text }).code)).toEqual(['overloaded']);
  });
});

test('a provider that pauses between two words does not leave the client in silence', async () => {
  first.reply = (received) => {
    beginStream(received, [ROLE, chunk({ content: 'one' })]);
    setTimeout(() => received.response.end(wholeStream(' two').slice(1).join('')), 300);
  };
  await using edge = await edgeOver([first]);
  const given = await call(edge.port, { body: STREAM });
  const { text, count } = withoutKeepAlives(given.text);
  expect(count).toBeGreaterThanOrEqual(2);
  expect(wordsOf(text)).toBe('one two');
  // Between events, never inside of one.
  expect(given.text.split('\n\n').every((event) => /^(data: .*|: keep-alive|)$/.test(event))).toBe(true);
  expect(given.headers['x-sluice-provider']).toBe('p1');
});

test('a client that goes away while it is kept awake ends the call at once', async () => {
  await using edge = await edgeOver([first]);
  const response = await open(edge.port, { body: STREAM });
  await new Promise((resolve) => response.once('data', resolve));
  response.destroy();
  await waitFor(() => first.calls[0]?.closedMs !== null, { timeoutMs: 1000 });
  expect(await edge.sink.theEvent()).toMatchObject({
    outcome: 'cancelled',
    status: 499,
    attempts: [{ decision: 'cancelled', status: null }],
  });
});
