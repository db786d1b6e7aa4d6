// Every recorded exchange through the translation: what an answer says is what the record says it must.
import { afterAll, describe, expect, test } from 'vitest';
import { aProvider } from '../__fixtures__/requests.js';
import { anthropicAdapter } from '../anthropic/anthropic.adapter.js';
import { toAnthropicRequest } from '../anthropic/to-anthropic-request.js';
import { makeMessagesOverChatAdapter, messagesRelayAdapter } from '../messages/messages-adapters.js';
import { toChatRequest } from '../messages/to-chat-request.js';
import { openAiCompatibleAdapter } from '../openai-compatible/openai-compatible.adapter.js';
import type { ProviderAdapter } from '../provider-adapter.js';
import { assembleChat } from './__fixtures__/assemble-chat.js';
import { assembleMessage } from './__fixtures__/assemble-message.js';
import { anthropicWords, chatWords, type Words } from './__fixtures__/expected-words.js';
import { CONTEXT, readPieces } from './__fixtures__/read-stream.js';
import { cutAnyhow, readRecordedCases, type RecordedCase } from './__fixtures__/recorded-case.js';
import type { UnknownRecord } from './read-request.js';
import { TranslationRefusal } from './translation-refusal.js';

const ANTHROPIC = readRecordedCases(/^anthropic\.messages\./);
const CHAT = readRecordedCases(/^[a-z]+\.chat\./);
const overChat = makeMessagesOverChatAdapter(openAiCompatibleAdapter);

/** What either dialect's answer comes down to. */
interface Told {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly args: unknown }[];
  readonly finish: string;
  readonly thinks: boolean;
  readonly cached: number;
}

const tally = new Map<string, number>();
const refusals: string[] = [];

function count(group: string, kind: string): void {
  const key = `${group}: ${kind.replace('.stream', '')}${kind.includes('stream') ? ' (stream)' : ''}`;
  tally.set(key, (tally.get(key) ?? 0) + 1);
}

afterAll(() => {
  if (tally.size === 0) {
    console.log('recorded cases: SLUICE_CASES names no folder; the fixtures of our own have run');
    return;
  }
  const lines = [...tally].sort(([a], [b]) => a.localeCompare(b)).map(([key, ran]) => `${key} ${ran}`);
  const all = [...tally.values()].reduce((sum, ran) => sum + ran, 0);
  console.log([`recorded cases through the translation: ${all}`, ...lines, ...refusals].join('\n'));
});

/** The answer of a recorded exchange in the client's dialect; null when it is a failure, as it must be then. */
function answerOf(adapter: ProviderAdapter, recorded: RecordedCase): string | null {
  const { status, body } = recorded.upstream;
  const bytes = Buffer.from(body);
  if (status !== 200) {
    const failure = adapter.readFailure(status, bytes);
    expect(failure).toMatchObject({ status, passable: false });
    expect(body).toContain(JSON.stringify(failure.message).slice(1, 40));
    return null;
  }
  if (recorded.stream) return streamOf(adapter, recorded, bytes);
  const answer = adapter.fromAnswer(bytes, CONTEXT);
  if (answer.kind === 'answer') return answer.body.toString();
  expect(answer.kind).toBe('failure');
  expect(body).toMatch(/"error"/);
  return null;
}

function streamOf(adapter: ProviderAdapter, recorded: RecordedCase, bytes: Buffer): string | null {
  const whole = readPieces(adapter.openStream(CONTEXT), [bytes]);
  for (const seed of [1, 2, 3]) {
    expect(readPieces(adapter.openStream(CONTEXT), cutAnyhow(bytes, seed)).text).toBe(whole.text);
  }
  expect(whole.end.kind).toBe(recorded.kind.startsWith('error') ? 'failure' : 'complete');
  return whole.end.kind === 'complete' ? whole.text : null;
}

interface Expected {
  readonly words: Words;
  readonly finish: ReadonlyMap<string, string>;
}

function compare(told: Told, recorded: RecordedCase, { words, finish }: Expected): void {
  const { facts, upstream } = recorded;
  expect(told.text).toBe(words.text);
  expect(told.calls.map((call) => call.args)).toEqual(words.args);
  if (facts.tool_calls !== undefined) expect(told.calls).toHaveLength(facts.tool_calls);
  for (const call of told.calls) expect(call.name).not.toBe('');
  // A recording's own count knows only one of the places.
  const elsewhere = Number(/"num_cached_tokens":\s*(\d+)/.exec(upstream.body)?.[1] ?? 0);
  if (facts.cached_tokens !== undefined) expect(told.cached).toBe(facts.cached_tokens || elsewhere);
  const [reason] = facts.finish ?? [];
  if (reason !== undefined) expect(told.finish).toBe(finish.get(reason));
  // Some think without saying what: a signature or a count is all there is.
  const isSaid = /"(?:reasoning|reasoning_content|thinking)":\s*"[^"]|"thinking":\s*\[/.test(upstream.body);
  if (facts.thinking !== undefined) expect(told.thinks).toBe(facts.thinking && isSaid);
}

const FROM_STOP_REASON = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['tool_use', 'tool_calls'],
]);
const FROM_FINISH_REASON = new Map([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['tool_calls', 'tool_use'],
]);

interface ChatMessage {
  readonly content: string | null;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly {
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
}

function toldInChat(text: string, isStream: boolean): Told {
  if (isStream) {
    const { content, calls, finish, reasoning, usage } = assembleChat(text, CONTEXT.model);
    const parsed = calls.map(({ name, args }) => ({ name, args: JSON.parse(args) as unknown }));
    const cached = usage?.prompt_tokens_details.cached_tokens ?? 0;
    return { text: content, calls: parsed, finish, thinks: reasoning !== '', cached };
  }
  const { choices, usage, model } = JSON.parse(text) as {
    readonly model: string;
    readonly choices: readonly { readonly message: ChatMessage; readonly finish_reason: string }[];
    readonly usage: { readonly prompt_tokens_details: { readonly cached_tokens: number } };
  };
  expect(model).toBe(CONTEXT.model);
  const { message, finish_reason: finish } = choices[0]!;
  const calls = (message.tool_calls ?? []).map((call) => ({
    name: call.function.name,
    args: JSON.parse(call.function.arguments) as unknown,
  }));
  const cached = usage.prompt_tokens_details.cached_tokens;
  return {
    text: message.content ?? '',
    calls,
    finish,
    thinks: message.reasoning_content !== undefined,
    cached,
  };
}

interface Block {
  readonly type: string;
  readonly text?: string;
  readonly name?: string;
  readonly input?: unknown;
  readonly json?: string;
}

function toldInMessage(text: string, isStream: boolean): Told {
  const message = isStream ? null : (JSON.parse(text) as Record<string, unknown>);
  const assembled = isStream ? assembleMessage(text) : null;
  const blocks = (assembled?.blocks ?? message?.['content']) as readonly Block[];
  expect(assembled?.model ?? message?.['model']).toBe(CONTEXT.model);
  const usage = (assembled?.usage ?? message?.['usage']) as { readonly cache_read_input_tokens: number };
  const inputOf = (block: Block): unknown =>
    block.json === undefined ? block.input : JSON.parse(block.json === '' ? '{}' : block.json);
  return {
    text: blocks.map((block) => block.text ?? '').join(''),
    calls: blocks
      .filter((block) => block.type === 'tool_use')
      .map((block) => ({ name: block.name ?? '', args: inputOf(block) })),
    finish: (assembled?.stopReason ?? message?.['stop_reason']) as string,
    thinks: blocks.some((block) => block.type === 'thinking'),
    cached: usage.cache_read_input_tokens,
  };
}

/** A request either means the same in the other dialect, or is refused by the name of a field. */
function translate(id: string, make: () => UnknownRecord): UnknownRecord | null {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof TranslationRefusal)) throw error;
    expect(error.field).not.toBe('');
    refusals.push(`refused as a request: ${id} (${error.field})`);
    return null;
  }
}

const requestOf = (recorded: RecordedCase): Buffer =>
  Buffer.from(JSON.stringify(recorded.upstream.requestBody));

describe.runIf(ANTHROPIC.length > 0)('Anthropic, recorded', () => {
  test.each(ANTHROPIC)('$id for a client of OpenAI', (recorded) => {
    const answer = answerOf(anthropicAdapter, recorded);
    if (answer !== null) {
      const expected = { words: anthropicWords(recorded), finish: FROM_STOP_REASON };
      compare(toldInChat(answer, recorded.stream), recorded, expected);
    }
    count('anthropic.messages to chat', recorded.kind);
  });

  test.each(ANTHROPIC)('$id for a client of Anthropic: its own bytes', (recorded) => {
    const { status, body } = recorded.upstream;
    const bytes = Buffer.from(body);
    const renamed = body.replaceAll(/"model":"claude[^"]*"/g, `"model":${JSON.stringify(CONTEXT.model)}`);
    if (status !== 200) expect(messagesRelayAdapter.readFailure(status, bytes).passable).toBe(true);
    else if (recorded.stream) {
      const { text, end } = readPieces(messagesRelayAdapter.openStream(CONTEXT), cutAnyhow(bytes, 7));
      expect(end.kind).toBe('complete');
      expect(text.trimEnd()).toBe(renamed.trimEnd());
    } else {
      const answer = messagesRelayAdapter.fromAnswer(bytes, CONTEXT);
      expect(answer).toMatchObject({ kind: 'answer' });
      if (answer.kind === 'answer') expect(answer.body.toString()).toBe(renamed);
    }
    count('anthropic.messages relayed', recorded.kind);
  });

  test.each(ANTHROPIC.filter((one) => one.upstream.requestBody !== null))(
    '$id as a request to a chat provider',
    (recorded) => {
      const request = translate(recorded.id, () =>
        toChatRequest(requestOf(recorded), aProvider(), 'their-model'),
      );
      if (request !== null) expect(request).toMatchObject({ model: 'their-model' });
      count('anthropic.messages request to chat', recorded.kind);
    },
  );
});

describe.runIf(CHAT.length > 0)('OpenAI-compatible, recorded', () => {
  test.each(CHAT)('$id for a client of Anthropic', (recorded) => {
    const answer = answerOf(overChat, recorded);
    if (answer !== null) {
      const expected = { words: chatWords(recorded), finish: FROM_FINISH_REASON };
      compare(toldInMessage(answer, recorded.stream), recorded, expected);
    }
    count('chat to messages', recorded.kind);
  });

  test.each(CHAT.filter((one) => one.upstream.requestBody !== null))(
    '$id as a request to Anthropic',
    (recorded) => {
      const request = translate(recorded.id, () =>
        toAnthropicRequest(requestOf(recorded), 'claude-opus-4-7'),
      );
      if (request !== null) expect((request['messages'] as { role: string }[])[0]?.role).toBe('user');
      count('chat request to anthropic', recorded.kind);
    },
  );
});

test('without the folder the suite says so and runs on its own fixtures', () => {
  expect(process.env['SLUICE_CASES'] === undefined || ANTHROPIC.length + CHAT.length > 0).toBe(true);
});
