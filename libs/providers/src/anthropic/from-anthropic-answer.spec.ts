import { describe, expect, test } from 'vitest';
import { CONTEXT } from '../translate/__fixtures__/read-stream.js';
import { fromAnthropicAnswer } from './from-anthropic-answer.js';

const MESSAGE = {
  id: 'msg_example_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-4-6',
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 3, cache_read_input_tokens: 40, cache_creation_input_tokens: 7, output_tokens: 9 },
};

interface Completion {
  readonly choices: readonly { readonly message: Record<string, unknown>; readonly finish_reason: string }[];
}

function read(content: unknown, more: object = {}): Completion {
  const answer = fromAnthropicAnswer(Buffer.from(JSON.stringify({ ...MESSAGE, content, ...more })), CONTEXT);
  if (answer.kind !== 'answer') throw new Error(answer.kind);
  return JSON.parse(answer.body.toString()) as Completion;
}

const choice = (content: unknown, more: object = {}): Completion['choices'][number] =>
  read(content, more).choices[0]!;

test('an answer is a completion under the name that the client used, with its usage', () => {
  expect(
    read([
      { type: 'text', text: 'Grüße' },
      { type: 'text', text: '!' },
    ]),
  ).toEqual({
    id: 'chatcmpl-msg_example_1',
    object: 'chat.completion',
    created: CONTEXT.createdSeconds,
    model: CONTEXT.model,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Grüße!', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: {
      prompt_tokens: 50,
      completion_tokens: 9,
      total_tokens: 59,
      prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 7 },
      completion_tokens_details: { reasoning_tokens: 0 },
    },
  });
});

test('calls have their arguments as text: "{}" when there are none, digits kept', () => {
  const content =
    '[{"type":"tool_use","id":"t1","name":"f","input":{}},{"type":"tool_use","id":"t2","name":"g","input":{"n":12345678901234567890}}]';
  const bytes = Buffer.from(`${JSON.stringify(MESSAGE).slice(0, -1)},"content":${content}}`);
  const answer = fromAnthropicAnswer(bytes, CONTEXT);
  if (answer.kind !== 'answer') throw new Error(answer.kind);
  const { message } = (JSON.parse(answer.body.toString()) as Completion).choices[0]!;
  expect(message).toMatchObject({
    content: null,
    tool_calls: [
      { id: 't1', type: 'function', function: { name: 'f', arguments: '{}' } },
      { id: 't2', type: 'function', function: { name: 'g', arguments: '{"n":12345678901234567890}' } },
    ],
  });
});

test('calls without ids get others in each answer, although the answers have no id either', () => {
  const block = { type: 'tool_use', name: 'f', input: {} };
  const ids = ['event-1', 'event-2'].flatMap((answerId) => {
    const bytes = Buffer.from(JSON.stringify({ ...MESSAGE, id: undefined, content: [block, block] }));
    const answer = fromAnthropicAnswer(bytes, { ...CONTEXT, answerId });
    if (answer.kind !== 'answer') throw new Error(answer.kind);
    return [...answer.body.toString().matchAll(/"id":"(call_\w+)"/g)].map(([, id]) => id);
  });
  expect(ids).toHaveLength(4);
  expect(new Set(ids).size).toBe(4);
});

test('thinking is text, and details for the way back', () => {
  const { message } = choice([
    { type: 'thinking', thinking: 'Hm.', signature: 's' },
    { type: 'redacted_thinking', data: 'd' },
    { type: 'text', text: '4' },
  ]);
  expect(message).toMatchObject({
    content: '4',
    reasoning_content: 'Hm.',
    reasoning_details: [
      { type: 'reasoning.text', text: 'Hm.', signature: 's', format: 'anthropic-claude-v1', index: 0 },
      { type: 'reasoning.encrypted', data: 'd', format: 'anthropic-claude-v1', index: 1 },
    ],
  });
});

test.each([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['pause_turn', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['refusal', 'content_filter'],
  ['something_new', 'stop'],
])('%s is %s', (reason, finish) => {
  expect(choice([{ type: 'text', text: 'x' }], { stop_reason: reason }).finish_reason).toBe(finish);
});

test('the forced answer of an older model is text again, and no call', () => {
  const input = { type: 'tool_use', id: 't', name: 'sluice_structured_answer', input: { a: 1 } };
  const { message, finish_reason: finish } = choice([input], { stop_reason: 'tool_use' });
  expect([message['content'], message['tool_calls'], finish]).toEqual(['{"a":1}', undefined, 'stop']);
});

test('a refusal carries its explanation; an answer without blocks is an empty text', () => {
  const { message } = choice([], { stop_reason: 'refusal', stop_details: { explanation: 'No.' } });
  expect(message).toEqual({ role: 'assistant', content: '', refusal: 'No.' });
});

test('blocks of tools that the provider ran are left out, citations of pages stay', () => {
  const { message } = choice([
    { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
    { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
    { type: 'text', text: 'ab' },
    {
      type: 'text',
      text: 'cd',
      citations: [{ type: 'web_search_result_location', url: 'https://example.com', title: 'T' }],
    },
  ]);
  expect(message).toMatchObject({
    content: 'abcd',
    annotations: [
      {
        type: 'url_citation',
        url_citation: { url: 'https://example.com', title: 'T', start_index: 2, end_index: 4 },
      },
    ],
  });
});

describe('what is no answer', () => {
  test('an error with status 200 is a failure', () => {
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
    expect(fromAnthropicAnswer(Buffer.from(JSON.stringify(error)), CONTEXT)).toMatchObject({
      kind: 'failure',
      failure: { status: 529 },
    });
  });

  test.each([
    '',
    '{',
    '[]',
    'null',
    '{}',
    '{"content":"x"}',
    `{"content":[{"type":"tool_use","input":${'{"a":'.repeat(20000)}1${'}'.repeat(20000)}}]}`,
  ])('%.20s is garbage', (text) => {
    expect(fromAnthropicAnswer(Buffer.from(text), CONTEXT).kind).toBe('garbage');
  });
});
