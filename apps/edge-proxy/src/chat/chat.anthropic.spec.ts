// A client of OpenAI's dialect over a provider of Anthropic's.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  BLOCK_START,
  message,
  MESSAGE_START,
  messagesEvent,
  MESSAGES_TOKENS,
  messagesRefusal,
  messageStream,
  textDelta,
} from '../__fixtures__/anthropic-replies.js';
import {
  answer,
  beginStream,
  breakOff,
  completion,
  type FakeProvider,
  startFakeProvider,
  stream,
} from '../__fixtures__/fake-provider.js';
import { call, chatBody, dataOf, errorOf, wordsOf } from '../__fixtures__/http-client.js';
import { startTestEdge } from '../__fixtures__/test-edge.js';
import { modelOver } from '../__fixtures__/test-generation.js';

let claude: FakeProvider;

beforeEach(async () => {
  claude = await startFakeProvider(message('Hi'));
});
afterEach(() => claude.stop());

const config = (): object => modelOver([claude], { provider: { type: 'anthropic' } });
const STREAM = chatBody({ stream: true });

describe('a whole answer', () => {
  test('the request goes up as a message, the answer comes down as a chat completion', async () => {
    await using edge = await startTestEdge(config());
    const given = await call(edge.port, {
      body: chatBody({
        messages: [
          { role: 'developer', content: 'Be brief.' },
          { role: 'user', content: 'Hi' },
        ],
      }),
    });
    expect(claude.calls[0]).toMatchObject({
      path: '/v1/messages',
      headers: { 'x-api-key': 'provider-secret-of-p1', 'anthropic-version': '2023-06-01' },
    });
    expect(claude.calls[0]?.headers).not.toHaveProperty('authorization');
    expect(JSON.parse(claude.calls[0]?.body ?? '')).toEqual({
      model: 'upstream-p1',
      max_tokens: 4096,
      system: 'Be brief.',
      messages: [{ role: 'user', content: 'Hi' }],
    });
    const now = Date.now() / 1000;
    const body = JSON.parse(given.text) as { created: number };
    expect(body).toMatchObject({
      id: 'chatcmpl-msg_1',
      object: 'chat.completion',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 33, completion_tokens: 4, total_tokens: 37 },
    });
    expect(Math.abs(now - body.created)).toBeLessThan(5);
    expect(given.headers).not.toHaveProperty('request-id');
    expect(await edge.sink.theEvent()).toMatchObject({
      endpoint: 'chat.completions',
      outcome: 'succeeded',
      tokens: MESSAGES_TOKENS,
    });
  });
});

describe('a stream', () => {
  test('events come as chunks with a role first, one finish reason and [DONE] last', async () => {
    claude.reply = stream(messageStream('Hel', 'lo'));
    await using edge = await startTestEdge(config());
    const given = await call(edge.port, { body: STREAM });
    expect(wordsOf(given.text)).toBe('Hello');
    expect(dataOf(given.text)[0]).toContain('"role":"assistant"');
    expect(given.text.match(/"finish_reason":"stop"/g)).toHaveLength(1);
    expect(given.text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(given.text).not.toMatch(/upstream|event:|"usage"/);
    expect(await edge.sink.theEvent()).toMatchObject({ stream: true, tokens: MESSAGES_TOKENS });
  });

  test('usage is told to a client that asks for it', async () => {
    claude.reply = stream(messageStream('x'));
    await using edge = await startTestEdge(config());
    const body = chatBody({ stream: true, stream_options: { include_usage: true } });
    const given = await call(edge.port, { body });
    expect(given.text).toContain('"choices":[],"usage":{"prompt_tokens":33');
    expect(claude.calls[0]?.body).not.toContain('stream_options');
  });

  const error = messagesEvent('error', { error: { type: 'overloaded_error', message: 'secret words' } });
  test.each<[string, (end: (text?: string) => void, reset: () => void) => void]>([
    ['a reset', (_, reset) => reset()],
    ['the end of the body', (end) => end()],
    ['an error event', (end) => end(error)],
  ])('%s ends a begun one with one error event and without [DONE]', async (_, then) => {
    claude.reply = (received) => {
      beginStream(received, [MESSAGE_START, BLOCK_START, textDelta('kept')]);
      setTimeout(
        () =>
          then(
            (text) => received.response.end(text),
            () => breakOff(received),
          ),
        20,
      );
    };
    await using edge = await startTestEdge(config());
    const given = await call(edge.port, { body: STREAM });
    expect(given.text).toContain('kept');
    expect(errorOf({ text: dataOf(given.text).at(-1) ?? '' }).code).toBe('stream_interrupted');
    expect(given.text).not.toMatch(/DONE|secret/);
  });
});

describe('what the provider refuses', () => {
  test.each([
    [400, 'invalid_request_error', 'invalid_request_error', 'invalid_request'],
    [413, 'request_too_large', 'invalid_request_error', 'request_too_large'],
    [404, 'not_found_error', 'invalid_request_error', 'model_not_found'],
  ])('%d %s keeps its status and words in OpenAI’s shape', async (status, theirs, type, code) => {
    claude.reply = messagesRefusal(status, theirs);
    await using edge = await startTestEdge(config());
    const given = await call(edge.port);
    expect(given.status).toBe(status);
    expect(errorOf(given)).toEqual({ message: `secret words of a ${status}`, type, param: null, code });
  });

  test('a prompt that is too long has the code that clients look for', async () => {
    claude.reply = answer(400, {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'prompt is too long: 9 tokens > 8 maximum' },
    });
    await using edge = await startTestEdge(config());
    expect(errorOf(await call(edge.port))).toMatchObject({ code: 'context_length_exceeded' });
  });

  test.each([401, 429, 500, 529])('%d is never told in the provider’s words', async (status) => {
    claude.reply = messagesRefusal(status, 'some_error');
    await using edge = await startTestEdge(config());
    const given = await call(edge.port);
    expect([502, 429]).toContain(given.status);
    expect(given.text).not.toContain('secret');
  });
});

describe('what Anthropic’s dialect cannot say', () => {
  test.each<[object, string]>([
    [{ n: 2 }, 'n'],
    [{ logprobs: true }, 'logprobs'],
    [{ tools: [{ type: 'web_search' }] }, 'tools[0].type'],
  ])('%j is a 400 that names the field', async (fields, param) => {
    await using edge = await startTestEdge(config());
    const given = await call(edge.port, { body: chatBody(fields) });
    expect(given.status).toBe(400);
    expect(errorOf(given)).toMatchObject({ code: 'invalid_request', param });
    expect(claude.calls).toEqual([]);
    expect(await edge.sink.theEvent()).toMatchObject({ outcome: 'rejected', attempts: [] });
  });

  test('embeddings are nothing that a route to it could serve', async () => {
    const embeddings = { path: '/v1/embeddings', body: { model: 'm', input: 'x' } };
    await using edge = await startTestEdge(config());
    const given = await call(edge.port, embeddings);
    expect(given.status).toBe(400);
    expect(errorOf(given)).toMatchObject({ code: 'invalid_request', param: 'model' });
    expect(errorOf(given).message).toContain('embeddings');
    expect(await edge.sink.theEvent()).toMatchObject({ endpoint: 'embeddings', outcome: 'rejected' });
  });

  test('embeddings go to the route that has them, past the one that has not', async () => {
    await using other = await startFakeProvider(completion('x'));
    other.reply = answer(200, { object: 'list', data: [{ embedding: [1] }], model: 'u', usage: {} });
    const both = modelOver([claude, other]) as { providers: { p1: object } };
    await using edge = await startTestEdge({
      ...both,
      providers: { ...both.providers, p1: { ...both.providers.p1, type: 'anthropic' } },
    });
    const given = await call(edge.port, { path: '/v1/embeddings', body: { model: 'm', input: 'x' } });
    expect(given).toMatchObject({ status: 200, headers: { 'x-sluice-provider': 'p2' } });
    expect(claude.calls).toEqual([]);
  });
});
