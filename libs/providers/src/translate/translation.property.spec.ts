// Whatever comes in, only what the contract says comes out: a refusal by name, or bytes.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aProvider } from '../__fixtures__/requests.js';
import { anthropicAdapter } from '../anthropic/anthropic.adapter.js';
import { makeMessagesOverChatAdapter, messagesRelayAdapter } from '../messages/messages-adapters.js';
import { openAiCompatibleAdapter } from '../openai-compatible/openai-compatible.adapter.js';
import type { ProviderAdapter, RequestBody } from '../provider-adapter.js';
import { assembleMessage } from './__fixtures__/assemble-message.js';
import { CONTEXT, readPieces } from './__fixtures__/read-stream.js';
import { TranslationRefusal } from './translation-refusal.js';

const TRANSLATORS: readonly (readonly [string, ProviderAdapter])[] = [
  ['chat to Anthropic', anthropicAdapter],
  ['Messages to chat', makeMessagesOverChatAdapter(openAiCompatibleAdapter)],
];
const ALL = [...TRANSLATORS, ['Messages relayed', messagesRelayAdapter] as const];

/** Words that mean something to either dialect, so that arbitrary documents get past the first check. */
const WORDS = [
  ...[
    'user',
    'assistant',
    'system',
    'tool',
    'function',
    'text',
    'image',
    'image_url',
    'file',
    'document',
    'tool_use',
  ],
  ...[
    'tool_result',
    'thinking',
    'auto',
    'any',
    'none',
    'base64',
    'url',
    'json_schema',
    'enabled',
    'high',
    '__proto__',
  ],
  ...['data:image/png;base64,AAAA', 'https://example.com', '{"a":1}', '', ' ', 'constructor', '\ud800'],
];
const KEYS = [
  ...[
    'role',
    'content',
    'type',
    'text',
    'image_url',
    'url',
    'source',
    'data',
    'media_type',
    'file',
    'file_data',
  ],
  ...[
    'tool_calls',
    'function',
    'function_call',
    'name',
    'arguments',
    'id',
    'tool_call_id',
    'tool_use_id',
    'input',
  ],
  ...[
    'reasoning_details',
    'thinking_blocks',
    'format',
    'signature',
    'index',
    'cache_control',
    'is_error',
    'schema',
  ],
  ...[
    'json_schema',
    'parameters',
    'input_schema',
    'properties',
    'items',
    'effort',
    'budget_tokens',
    'user_id',
  ],
];
const FIELDS = [
  ...[
    'messages',
    'system',
    'tools',
    'functions',
    'tool_choice',
    'parallel_tool_calls',
    'response_format',
    'stop',
  ],
  ...[
    'max_tokens',
    'temperature',
    'top_p',
    'reasoning_effort',
    'reasoning',
    'thinking',
    'output_config',
    'metadata',
  ],
  ...['user', 'n', 'logit_bias', 'stop_sequences', 'service_tier', 'unknown'],
];

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom(...WORDS),
    fc.constantFrom(null, true, false, 0, 1, -1, 0.5, 1e300, 2048),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('value'), { maxKeys: 6 }),
  ),
}));
const request = fc.dictionary(fc.constantFrom(...FIELDS), value, { maxKeys: 6 });
const message = fc.record(
  { role: fc.constantFrom('user', 'assistant', 'system', 'tool'), content: fc.oneof(value, fc.array(value)) },
  { requiredKeys: [] },
);
const conversation = fc.record({
  messages: fc.array(message, { maxLength: 5 }),
  tools: fc.array(value, { maxLength: 2 }),
});

const bodyOf = (bytes: Buffer): RequestBody => ({
  ...{ bytes, endpoint: 'chat.completions', stream: false, includeUsage: false, base64: false, choices: 1 },
  spans: { model: { start: 0, end: 0 }, streamOptions: null, rootStart: 0 },
});

function translates(adapter: ProviderAdapter, bytes: Buffer, model: string): void {
  try {
    const sent = adapter.toUpstreamBody(bodyOf(bytes), aProvider(), model).toString();
    expect(JSON.parse(sent)).toMatchObject({ model });
  } catch (error) {
    if (!(error instanceof TranslationRefusal)) throw error;
    expect(error.message.length).toBeLessThan(2048);
  }
}

describe.each(TRANSLATORS)('%s', (_name, adapter) => {
  test('any request is translated or refused, nothing else', () => {
    const models = fc.constantFrom('claude-opus-4-7', 'claude-haiku-4-5', 'claude-3-haiku-20240307', 'x');
    fc.assert(
      fc.property(fc.oneof(request, conversation), models, (document, model) => {
        translates(adapter, Buffer.from(JSON.stringify(document)), model);
      }),
      { numRuns: 3000 },
    );
  });

  test('bytes that are no JSON, or nested without end, are refused', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => translates(adapter, Buffer.from(bytes), 'm')));
    const deep = (text: string, end: string): string =>
      `{"messages":${text.repeat(50_000)}1${end.repeat(50_000)}}`;
    translates(adapter, Buffer.from(deep('[', ']')), 'm');
    const schema = `{"messages":[],"tools":[{"name":"f","type":"custom","input_schema":${'{"items":'.repeat(9000)}1${'}'.repeat(9000)}}]}`;
    translates(adapter, Buffer.from(schema), 'm');
  });
});

describe.each(ALL)('%s', (_name, adapter) => {
  test('any answer is one, a failure, or garbage', () => {
    const document = fc.oneof(
      value,
      fc.dictionary(
        fc.constantFrom('content', 'choices', 'usage', 'error', 'message', 'stop_reason', 'id'),
        value,
      ),
      fc.record({ choices: fc.array(fc.record({ message: value, finish_reason: value })), usage: value }),
      fc.record({ content: fc.array(value), stop_reason: value, usage: value }),
    );
    fc.assert(
      fc.property(document, (answer) => {
        const read = adapter.fromAnswer(Buffer.from(JSON.stringify(answer)), CONTEXT);
        if (read.kind === 'answer') JSON.parse(read.body.toString());
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(
        fc.uint8Array(),
        (bytes) => adapter.fromAnswer(Buffer.from(bytes), CONTEXT).kind !== 'answer',
      ),
    );
  });

  test('any stream is read without an exception, and what is not JSON never completes', () => {
    const type = fc.constantFrom(
      ...[
        'message_start',
        'content_block_start',
        'content_block_delta',
        'content_block_stop',
        'message_delta',
        'error',
      ],
    );
    const part = fc.oneof(
      value,
      fc.dictionary(fc.constantFrom(...KEYS, 'partial_json', 'stop_reason'), value),
    );
    const event = fc.oneof(
      fc.record(
        { type, index: value, message: part, content_block: part, delta: part, usage: value },
        { requiredKeys: [] },
      ),
      fc.record({ choices: fc.array(fc.record({ delta: part, finish_reason: value })), usage: value }),
      value,
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), fc.array(fc.nat(200)), (events, cuts) => {
        const text = events.map((one) => `event: x\ndata: ${JSON.stringify(one)}\n\n`).join('');
        const whole = readPieces(adapter.openStream(CONTEXT), [Buffer.from(text)]);
        const pieces = cut(Buffer.from(text), cuts);
        expect(readPieces(adapter.openStream(CONTEXT), pieces).text).toBe(whole.text);
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readPieces(adapter.openStream(CONTEXT), [Buffer.from(bytes)]).end.kind).not.toBe('complete');
      }),
    );
  });

  test('any refused call is read', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 300, max: 599 }),
        fc.oneof(value, fc.record({ error: value })),
        (status, body) => {
          const failure = adapter.readFailure(status, Buffer.from(JSON.stringify(body)));
          expect(failure.message.length).toBeGreaterThan(0);
        },
      ),
    );
  });
});

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  let start = 0;
  for (const size of sizes) {
    pieces.push(bytes.subarray(start, start + size));
    start += size;
  }
  return [...pieces, bytes.subarray(start)];
}

test('calls in pieces, however they are interleaved, come out whole, in order, and in the dialect’s shape', () => {
  const calls = fc.array(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer())), {
    minLength: 1,
    maxLength: 4,
  });
  const order = fc.array(
    fc.record({ call: fc.nat(3), size: fc.integer({ min: 1, max: 9 }), words: fc.boolean() }),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(calls, order, (inputs, plan) => {
      const left = inputs.map((input) => JSON.stringify(input));
      const said: object[] = [];
      const begun = new Set<number>();
      const say = (index: number, size: number): void => {
        const args = (left[index] ?? '').slice(0, size);
        left[index] = (left[index] ?? '').slice(size);
        const head = begun.has(index) ? {} : { id: `call_${index}`, type: 'function' };
        const name = begun.has(index) ? {} : { name: `f${index}` };
        begun.add(index);
        said.push({ tool_calls: [{ index, ...head, function: { ...name, arguments: args } }] });
      };
      // Servers begin calls in order, whatever they do then.
      for (const index of inputs.keys()) say(index, 0);
      for (const { call, size, words } of plan) {
        if (words) said.push({ content: 'w' });
        else if (call < inputs.length) say(call, size);
      }
      for (const index of inputs.keys()) say(index, Infinity);
      const chunks = said.map(
        (delta) => `data: ${JSON.stringify({ id: 'x', choices: [{ index: 0, delta }] })}\n\n`,
      );
      const end = `data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: 'tool_calls' }] })}\n\ndata: [DONE]\n\n`;
      const [, adapter] = TRANSLATORS[1]!;
      const { text } = readPieces(adapter.openStream(CONTEXT), [Buffer.from(chunks.join('') + end)]);
      const { blocks } = assembleMessage(text);
      const uses = blocks.filter((block) => block.type === 'tool_use');
      expect(uses.map((block) => [block.name, JSON.parse(block.json) as unknown])).toEqual(
        inputs.map((input, index) => [`f${index}`, JSON.parse(JSON.stringify(input)) as unknown]),
      );
      const words = blocks.map((block) => block.text ?? '').join('');
      expect(words).toBe('w'.repeat(plan.filter((step) => step.words).length));
    }),
    { numRuns: 500 },
  );
});
