// Clients that people use read over the gateway's keep-alives, as the first thing of a stream and in its middle, and
// understand an error that comes behind them. Here they come every 100 ms instead of every 15 s.
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { ChatOpenAI } from '@langchain/openai';
import { type TempDir, tempDir } from '@sluice/testing';
import { type LanguageModel, streamText } from 'ai';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  EDGE_KEY,
  type EdgeProcess,
  startEdge,
  startStubProvider,
  type StubProvider,
} from '../harness/edge-process.js';
import { caughtError } from './sdk-clients.js';

/** Long enough for several keep-alives. */
const SILENCE_MS = 350;

let provider: StubProvider;
let dir: TempDir;
let edge: EdgeProcess;

beforeAll(async () => {
  [provider, dir] = await Promise.all([startStubProvider(), tempDir('sluice-e2e-')]);
  provider.answer = (response, body, request) => {
    const isMessages = request.url?.endsWith('/messages') === true;
    void answer(response, { isMessages, isBroken: body.includes('broken') });
  };
  const shared = { apiKey: 'provider-secret-0123456789', allowPrivateNetwork: true };
  const origin = new URL(provider.baseUrl).origin;
  const config = {
    providers: {
      chat: { type: 'openai-compatible', baseUrl: provider.baseUrl, ...shared },
      messages: { type: 'anthropic', baseUrl: origin, ...shared },
    },
    models: Object.fromEntries(
      ['chat', 'messages'].flatMap((name) =>
        ['good', 'broken'].map((model) => [`${name}-${model}`, { routes: [{ provider: name, model }] }]),
      ),
    ),
    keys: [{ name: 'all', key: EDGE_KEY }],
    retry: { maxAttempts: 1 },
  };
  edge = await startEdge({
    dir: dir.path,
    config: JSON.stringify(config),
    env: { EDGE_PROXY_KEEP_ALIVE_MS: '100' },
  });
});
afterAll(async () => {
  await edge.process.stop(8_000);
  await provider[Symbol.asyncDispose]();
  await dir.remove();
});

/** Silence, a word, silence, a word and the end; or silence and a refusal. */
async function answer(
  response: ServerResponse,
  { isMessages, isBroken }: { readonly isMessages: boolean; readonly isBroken: boolean },
): Promise<void> {
  await pause(SILENCE_MS);
  if (isBroken) {
    response.writeHead(500, { 'content-type': 'application/json' });
    response.end('{"error":{"message":"secret words"}}');
    return;
  }
  const [start, end] = isMessages ? [MESSAGE_START, MESSAGE_END] : ['', CHUNKS_END];
  const word = isMessages ? textDelta : wordChunk;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(start + word('Hel'));
  await pause(SILENCE_MS);
  response.end(word('lo') + end);
}

const chunk = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'good',
    choices: [{ index: 0, delta, finish_reason: finish }],
  })}\n\n`;
const wordChunk = (content: string): string => chunk({ role: 'assistant', content }, null);
const CHUNKS_END = `${chunk({}, 'stop')}data: [DONE]\n\n`;

const event = (type: string, fields: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const textDelta = (text: string): string =>
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
const MESSAGE_START =
  event('message_start', {
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'good',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 1 },
    },
  }) + event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
const MESSAGE_END =
  event('content_block_stop', { index: 0 }) +
  event('message_delta', {
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: 2 },
  }) +
  event('message_stop');

const openai = (): OpenAI => new OpenAI({ apiKey: EDGE_KEY, baseURL: `${edge.url}/v1`, maxRetries: 0 });
const anthropic = (): Anthropic => new Anthropic({ apiKey: EDGE_KEY, baseURL: edge.url, maxRetries: 0 });

async function byOpenAi(model: string): Promise<string> {
  const messages = [{ role: 'user' as const, content: 'Hi' }];
  const stream = await openai().chat.completions.create({ model, messages, stream: true });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  return text;
}

async function byAnthropic(model: string): Promise<string> {
  const messages = [{ role: 'user' as const, content: 'Hi' }];
  const message = await anthropic().messages.stream({ model, max_tokens: 9, messages }).finalMessage();
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

async function byLangchain(model: string): Promise<string> {
  const chat = new ChatOpenAI({
    model,
    apiKey: EDGE_KEY,
    maxRetries: 0,
    configuration: { baseURL: `${edge.url}/v1` },
  });
  let text = '';
  for await (const chunk of await chat.stream('Hi'))
    text += typeof chunk.content === 'string' ? chunk.content : '';
  return text;
}

async function byAiSdk(model: LanguageModel): Promise<string> {
  const errors: unknown[] = [];
  const { textStream } = streamText({
    model,
    prompt: 'Hi',
    maxRetries: 0,
    onError: ({ error }) => void errors.push(error),
  });
  let text = '';
  for await (const piece of textStream) text += piece;
  if (errors.length > 0) throw new Error('the stream failed', { cause: errors[0] });
  return text;
}
const origin = (): { baseURL: string; apiKey: string } => ({ baseURL: `${edge.url}/v1`, apiKey: EDGE_KEY });

const CLIENTS: Readonly<Record<string, (model: string) => Promise<string>>> = {
  openai: byOpenAi,
  '@anthropic-ai/sdk': byAnthropic,
  '@langchain/openai': byLangchain,
  '@ai-sdk/openai': (model) => byAiSdk(createOpenAI(origin()).chat(model)),
  '@ai-sdk/anthropic': (model) => byAiSdk(createAnthropic(origin())(model)),
};

describe.each(Object.entries(CLIENTS))('%s', (_, ask) => {
  test.each(['chat', 'messages'])('reads a stream of a slow provider of %s', async (kind) => {
    expect(await ask(`${kind}-good`)).toBe('Hello');
  });

  test('throws at an error behind keep-alives, instead of ending well', async () => {
    await expect(ask('chat-broken')).rejects.toThrow();
  });
});

test("OpenAI's SDK tells the code, Anthropic's the type", async () => {
  const ours = await caughtError(byOpenAi('chat-broken'), OpenAI.APIError);
  expect(ours).toMatchObject({ code: 'all_providers_failed', type: 'server_error' });
  const theirs = await caughtError(byAnthropic('messages-broken'), Anthropic.APIError);
  expect(theirs.error).toMatchObject({ error: { type: 'api_error', code: 'all_providers_failed' } });
});

test('what they read over was there', async () => {
  const body = JSON.stringify({
    model: 'chat-good',
    stream: true,
    messages: [{ role: 'user', content: 'Hi' }],
  });
  const answered = await fetch(`${edge.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${EDGE_KEY}`, 'content-type': 'application/json' },
    body,
  });
  const text = await answered.text();
  expect(text.startsWith(': keep-alive\n\n')).toBe(true);
  expect(text.slice(text.indexOf('Hel'))).toContain(': keep-alive\n\n');
});
