// A client of Anthropic's dialect over a provider of the same: the bytes go through, both ways.
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  asMessages,
  BLOCK_START,
  eventNames,
  message,
  MESSAGE_START,
  MESSAGE_STOP,
  messagesBody,
  messagesErrorOf,
  messagesEvent,
  MESSAGES_TOKENS,
  messagesRefusal,
  messageStream,
  messageText,
  PING,
  textDelta,
} from '../__fixtures__/anthropic-replies.js';
import {
  answer,
  beginStream,
  breakOff,
  type FakeProvider,
  type ReceivedCall,
  silence,
  startFakeProvider,
  stream,
} from '../__fixtures__/fake-provider.js';
import { call, open } from '../__fixtures__/http-client.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';
import { KEY, modelOver } from '../__fixtures__/test-generation.js';

let first: FakeProvider;
let second: FakeProvider;

beforeEach(async () => {
  [first, second] = await Promise.all([
    startFakeProvider(message('Hi')),
    startFakeProvider(message('second')),
  ]);
});
afterEach(async () => {
  await Promise.all([first.stop(), second.stop()]);
});

const ANTHROPIC = { provider: { type: 'anthropic' } };
const overOne = (): object => modelOver([first], ANTHROPIC);
const overBoth = (): object => modelOver([first, second], ANTHROPIC);
const STREAM = messagesBody({ stream: true });

describe('a whole answer', () => {
  test('the bytes go both ways as they are, but for the model', async () => {
    await using edge = await startTestEdge(overOne());
    const body =
      '\t{ "messages" :[{"role":"user","content":"\\u00e4 ä \\ud83d\\ude00 1.0"}],\n"unknown":{"model":"m"}, "model" : "\\u006d" ,"max_tokens":1e2}\r\n';
    const given = await call(edge.port, asMessages({ body }));
    expect(given.text).toBe(messageText('Hi').replace('upstream-name', 'm'));
    expect(first.calls[0]?.body).toBe(body.replace('"\\u006d"', '"upstream-p1"'));
  });

  test('it is recorded with what went to and came from the cache, each at its price', async () => {
    await using edge = await startTestEdge(
      modelOver([first], {
        ...ANTHROPIC,
        model: {
          routes: [
            {
              provider: 'p1',
              model: 'claude',
              price: { input: 1, output: 2, cachedInput: 0.1, cacheWrite: 1.25 },
            },
          ],
        },
      }),
    );
    const body = messagesBody({ metadata: { user_id: 'u-1' } });
    const given = await call(edge.port, asMessages({ body }));
    expect(given.status).toBe(200);
    expect(await edge.sink.theEvent()).toMatchObject({
      endpoint: 'messages',
      outcome: 'succeeded',
      requestedModel: 'm',
      providerModel: 'claude',
      user: 'u-1',
      tokens: MESSAGES_TOKENS,
      attempts: [{ usage: 'provider', decision: 'served', status: 200 }],
      // 10 × 1 + 20 × 0.1 + 3 × 1.25 + 4 × 2 micro-USD
      costUsdNanos: 23_750,
    });
  });

  test('the request id is in both headers, and the provider’s own is not', async () => {
    await using edge = await startTestEdge(overOne());
    const given = await call(edge.port, asMessages());
    const { eventId } = await edge.sink.theEvent();
    expect(given.headers).toMatchObject({ 'request-id': eventId, 'x-request-id': eventId });
  });

  test.each<[string, Record<string, string>]>([
    ['x-api-key', { 'x-api-key': KEY }],
    ['a bearer token', { authorization: `Bearer ${KEY}` }],
  ])('the key may come as %s, and the query of Claude Code changes nothing', async (_, credential) => {
    await using edge = await startTestEdge(overOne());
    const given = await call(edge.port, asMessages({ path: '/v1/messages?beta=true', headers: credential }));
    expect(given.status).toBe(200);
    expect(first.calls[0]?.path).toBe('/v1/messages');
  });

  test('the provider gets exactly the listed headers, its own credential and the version that we speak', async () => {
    await using edge = await startTestEdge(overOne());
    await call(
      edge.port,
      asMessages({
        headers: {
          'x-api-key': KEY,
          'content-type': 'application/json',
          'anthropic-version': '2026-10-21',
          'anthropic-beta': 'one-2026-01-01,two-2026-02-02',
          'anthropic-dangerous-direct-browser-access': 'true',
          'x-app': 'cli',
          'x-stainless-lang': 'js',
          cookie: 'a=b',
          'x-request-id': 'label',
        },
      }),
    );
    const [received] = first.calls;
    expect(received?.headers).toEqual({
      host: `127.0.0.1:${first.port}`,
      'content-type': 'application/json',
      'accept-encoding': 'identity',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'one-2026-01-01,two-2026-02-02',
      'x-api-key': 'provider-secret-of-p1',
      'x-request-id': 'label',
      'content-length': String(Buffer.byteLength(received?.body ?? '')),
    });
  });
});

describe('a stream', () => {
  test('its events reach the client as they are, but for the model, and what was used is recorded', async () => {
    first.reply = stream(messageStream('Hel', 'lo'));
    await using edge = await startTestEdge(overOne());
    const given = await call(edge.port, asMessages({ body: STREAM }));
    expect(given).toMatchObject({
      status: 200,
      isWhole: true,
      headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-sluice-provider': 'p1' },
    });
    expect(given.headers['request-id']).toBe(given.headers['x-request-id']);
    expect(given.text).toBe(messageStream('Hel', 'lo').join('').replace('upstream-name', 'm'));
    const event = await edge.sink.theEvent();
    expect(event).toMatchObject({ stream: true, outcome: 'succeeded', tokens: MESSAGES_TOKENS });
    expect(event.timing.firstTokenMs).toBeGreaterThan(0);
  });

  test('message_start is held back until there is content, so that a failure before it is nobody’s', async () => {
    const overloaded = messagesEvent('error', { error: { type: 'overloaded_error', message: 'busy' } });
    first.reply = stream([MESSAGE_START, BLOCK_START, PING, overloaded]);
    second.reply = stream(messageStream('second'));
    await using edge = await startTestEdge(overBoth());
    const given = await call(edge.port, asMessages({ body: STREAM }));
    expect(given.text).toBe(messageStream('second').join('').replace('upstream-name', 'm'));
    expect((await edge.sink.theEvent()).attempts).toMatchObject([
      { decision: 'next_route', usage: 'none', costUsdNanos: 0 },
      { decision: 'served', usage: 'provider' },
    ]);
  });

  const begun = [MESSAGE_START, BLOCK_START, textDelta('kept')];
  const error = messagesEvent('error', { error: { type: 'overloaded_error', message: 'secret words' } });
  test.each<[string, (received: ReceivedCall) => void]>([
    ['a reset', breakOff],
    ['the end of the body without message_stop', ({ response }) => void response.end()],
    ['an error event', ({ response }) => void response.end(error)],
    ['an event that is no JSON', ({ response }) => void response.end('event: ping\ndata: {{\n\n')],
  ])('%s ends a begun stream with one error event and without message_stop', async (_, then) => {
    first.reply = (received) => {
      beginStream(received, begun);
      setTimeout(() => then(received), 20);
    };
    await using edge = await startTestEdge(overBoth());
    const given = await call(edge.port, asMessages({ body: STREAM }));
    expect(given).toMatchObject({ status: 200, isWhole: true });
    expect(given.text).toContain('kept');
    expect(eventNames(given.text)).toEqual([
      'message_start',
      'content_block_start',
      'content_block_delta',
      'error',
    ]);
    const data = given.text.trimEnd().split('\ndata: ').at(-1) ?? '';
    expect(messagesErrorOf({ text: data })).toMatchObject({
      type: 'api_error',
      code: 'stream_interrupted',
      requestId: given.headers['request-id'],
    });
    expect(given.text).not.toMatch(/message_stop|secret words/);
    expect(second.calls).toEqual([]);
    expect(await edge.sink.theEvent()).toMatchObject({ outcome: 'failed', errorCode: 'stream_interrupted' });
  });

  test('a client that goes away pays for what was said, not for the one token that a stream begins with', async () => {
    first.reply = (received) => beginStream(received, [...begun, textDelta('b'), textDelta('c')]);
    await using edge = await startTestEdge(overOne());
    const response = await open(edge.port, asMessages({ body: STREAM }));
    await once(response, 'data');
    response.destroy();
    expect(await edge.sink.theEvent()).toMatchObject({
      outcome: 'cancelled',
      tokens: { input: 33, output: 3 },
      attempts: [{ usage: 'estimated' }],
    });
  });

  test('the deadline of a begun stream is an error event as well', async () => {
    first.reply = (received) => beginStream(received, begun);
    await using edge = await startTestEdge(
      modelOver([first], { ...ANTHROPIC, model: { timeouts: { total: '200ms' } } }),
    );
    const given = await call(edge.port, asMessages({ body: STREAM }));
    expect(eventNames(given.text).at(-1)).toBe('error');
    expect(given.text).not.toContain(MESSAGE_STOP);
  });
});

describe('what the provider refuses', () => {
  test.each([
    [400, 'invalid_request_error'],
    [413, 'request_too_large'],
    [404, 'not_found_error'],
  ])('%d %s goes through byte for byte', async (status, type) => {
    first.reply = messagesRefusal(status, type);
    await using edge = await startTestEdge(overOne());
    const given = await call(edge.port, asMessages());
    expect(given.status).toBe(status);
    expect(given.text).toContain('"request_id":"req_theirs"');
    expect(messagesErrorOf(given)).toMatchObject({ type, message: `secret words of a ${status}` });
    expect(await edge.sink.theEvent()).toMatchObject({ outcome: 'failed', status });
  });

  test.each([
    [401, 'authentication_error', 502, 'provider_credential_rejected', 'api_error'],
    [403, 'permission_error', 502, 'provider_credential_rejected', 'api_error'],
    [429, 'rate_limit_error', 429, 'provider_rate_limited', 'rate_limit_error'],
    [500, 'api_error', 502, 'all_providers_failed', 'api_error'],
    [529, 'overloaded_error', 502, 'all_providers_failed', 'api_error'],
  ])('%d %s is tried elsewhere, then %d %s', async (status, theirs, ours, code, type) => {
    first.reply = second.reply = messagesRefusal(status, theirs, { 'retry-after': '7' });
    await using edge = await startTestEdge(overBoth());
    const given = await call(edge.port, asMessages());
    expect(given.status).toBe(ours);
    const error = messagesErrorOf(given);
    expect(error).toMatchObject({ code, type, requestId: given.headers['request-id'] });
    expect(error.message).not.toContain('secret');
    expect(given.headers['retry-after']).toBe(status === 429 ? '7' : undefined);
    expect(second.calls).toHaveLength(1);
  });

  test('an empty account is a 400 there, and an operator’s matter here', async () => {
    first.reply = answer(400, {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API.' },
    });
    await using edge = await startTestEdge(overBoth());
    expect(await call(edge.port, asMessages())).toMatchObject({ status: 200 });
    expect((await edge.sink.theEvent()).attempts[0]?.errorCode).toBe('provider_quota_exhausted');
  });

  test('nothing within the deadline is a 504 in this dialect', async () => {
    first.reply = silence;
    await using edge = await startTestEdge(overOne());
    const headers = { 'x-api-key': KEY, 'x-sluice-deadline-ms': '60' };
    const given = await call(edge.port, asMessages({ headers }));
    expect([given.status, messagesErrorOf(given).type]).toEqual([504, 'timeout_error']);
  });

  test('a gateway that is being stopped says so in this dialect', async () => {
    first.reply = silence;
    const edge = await startTestEdge(overOne());
    const pending = call(edge.port, asMessages());
    await expect.poll(() => first.calls.length).toBe(1);
    await edge.edge.drain(0);
    const given = await pending;
    expect([given.status, messagesErrorOf(given).type]).toEqual([503, 'overloaded_error']);
    expect(given.headers['retry-after']).toBe('1');
  });
});
