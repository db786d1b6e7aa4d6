// The vendors' own SDKs read what a client got: what they make of it is what an application sees.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { ClientDialect } from './client-dialect.js';
import type { RawAnswer } from './post.js';
import { parseArguments, recordIn, textIn, type Told } from './told.js';

/** Reads a good answer. Throws what the SDK throws. */
export function readBySdk(
  client: ClientDialect,
  answer: RawAnswer,
  isStream: boolean,
): Promise<Pick<Told, 'text' | 'calls' | 'finish'>> {
  const type = String(answer.headers['content-type']);
  const options = {
    apiKey: 'nobody asks for it',
    baseURL: 'http://127.0.0.1:9',
    maxRetries: 0,
    // Nothing is sent: the answer is there already.
    fetch: () =>
      Promise.resolve(new Response(new Uint8Array(answer.body), { headers: { 'content-type': type } })),
  };
  return client === 'chat'
    ? readChat(new OpenAI(options), isStream)
    : readMessages(new Anthropic(options), isStream);
}

const messages = [{ role: 'user' as const, content: 'Hello' }];

async function readChat(client: OpenAI, isStream: boolean): Promise<Pick<Told, 'text' | 'calls' | 'finish'>> {
  const request = { model: 'any', messages };
  const completion = isStream
    ? await client.chat.completions.stream(request).finalChatCompletion()
    : await client.chat.completions.create(request);
  const [choice] = completion.choices;
  const calls = (choice?.message.tool_calls ?? []).map((call) =>
    call.type === 'function' ? call.function : null,
  );
  return {
    text: choice?.message.content ?? '',
    calls: calls.map((call) => ({ name: call?.name ?? '', args: parseArguments(call?.arguments ?? '') })),
    finish: choice?.finish_reason ?? null,
  };
}

async function readMessages(
  client: Anthropic,
  isStream: boolean,
): Promise<Pick<Told, 'text' | 'calls' | 'finish'>> {
  const request = { model: 'any', max_tokens: 1024, messages };
  const { content, stop_reason: finish } = isStream
    ? await client.messages.stream(request).finalMessage()
    : await client.messages.create(request);
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    calls: content
      .map((block) => recordIn(block))
      .filter(({ type }) => type === 'tool_use')
      .map((block) => ({ name: textIn(block['name']), args: block['input'] })),
    finish,
  };
}
