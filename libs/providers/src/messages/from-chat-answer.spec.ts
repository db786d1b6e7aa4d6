import { expect, test } from 'vitest';
import { CONTEXT } from '../translate/__fixtures__/read-stream.js';
import { fromChatAnswer } from './from-chat-answer.js';

const completion = (message: object, more: object = {}): object => ({
  id: 'chatcmpl-example-1',
  object: 'chat.completion',
  model: 'their-model',
  choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: 'stop', ...more }],
  usage: {
    prompt_tokens: 50,
    completion_tokens: 9,
    total_tokens: 59,
    prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 4 },
  },
});

function read(document: object): Record<string, unknown> {
  const answer = fromChatAnswer(Buffer.from(JSON.stringify(document)), CONTEXT);
  if (answer.kind !== 'answer') throw new Error(answer.kind);
  return JSON.parse(answer.body.toString()) as Record<string, unknown>;
}

test('an answer is a message under the name that the client used, with its usage', () => {
  expect(read(completion({ content: 'Grüße' }))).toEqual({
    id: 'msg_chatcmpl-example-1',
    type: 'message',
    role: 'assistant',
    model: CONTEXT.model,
    content: [{ type: 'text', text: 'Grüße', citations: null }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 6, cache_creation_input_tokens: 4, cache_read_input_tokens: 40, output_tokens: 9 },
  });
});

test('thinking, text and calls are blocks in this order', () => {
  const calls = [
    { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"n":12345678901234567890}' } },
    { type: 'function', function: { name: 'g', arguments: '' } },
    { id: 'call_3', type: 'function', function: { name: 'h', arguments: '{"cut' } },
  ];
  const answer = fromChatAnswer(
    Buffer.from(JSON.stringify(completion({ content: 'T', reasoning: 'R', tool_calls: calls }))),
    CONTEXT,
  );
  if (answer.kind !== 'answer') throw new Error(answer.kind);
  const text = answer.body.toString();
  expect(text).toContain('"input":{"n":12345678901234567890}');
  expect(JSON.parse(text)).toMatchObject({
    content: [
      { type: 'thinking', thinking: 'R', signature: '' },
      { type: 'text', text: 'T' },
      { type: 'tool_use', id: 'call_1', name: 'f' },
      { type: 'tool_use', name: 'g', input: {} },
      { type: 'tool_use', id: 'call_3', name: 'h', input: { raw_arguments: '{"cut' } },
    ],
    stop_reason: 'tool_use',
  });
});

test('calls that share an id get two', () => {
  const call = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{}' } };
  const { content } = read(completion({ tool_calls: [call, call] })) as { content: { id: string }[] };
  expect([content[0]?.id, new Set(content.map(({ id }) => id)).size]).toEqual(['call_1', 2]);
});

test.each([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['content_filter', 'refusal'],
  ['something_new', 'end_turn'],
])('%s is %s', (finish, reason) => {
  expect(read(completion({ content: 'x' }, { finish_reason: finish }))['stop_reason']).toBe(reason);
});

test('calls without ids get others in each answer, although the answers have no id either', () => {
  const call = { function: { name: 'f', arguments: '{}' } };
  const ids = ['event-1', 'event-2'].map((answerId) => {
    const bytes = Buffer.from(JSON.stringify({ ...completion({ tool_calls: [call] }), id: '' }));
    const answer = fromChatAnswer(bytes, { ...CONTEXT, answerId });
    return answer.kind === 'answer' ? /"id":"(toolu_\w+)"/.exec(answer.body.toString())?.[1] : undefined;
  });
  expect(ids).not.toContain(undefined);
  expect(new Set(ids).size).toBe(2);
});

test.each(['tool_calls', 'function_call'])('%s without any call is end_turn', (finish) => {
  for (const calls of [[], null, [{}], [{ function: { name: '', arguments: '' } }]]) {
    const message = read(completion({ content: 'x', tool_calls: calls }, { finish_reason: finish }));
    expect(message).toMatchObject({ content: [{ type: 'text' }], stop_reason: 'end_turn' });
    expect(message['content']).toHaveLength(1);
  }
});

test('a call without a name is garbage: nobody could run it', () => {
  const call = { id: 'call_1', type: 'function', function: { arguments: '{"a":1}' } };
  const bytes = Buffer.from(JSON.stringify(completion({ tool_calls: [call] })));
  expect(fromChatAnswer(bytes, CONTEXT).kind).toBe('garbage');
});

test('a refusal is told and is the reason; null where a list is expected is no list', () => {
  expect(read(completion({ content: null, refusal: 'No.', tool_calls: null }))).toMatchObject({
    content: [{ type: 'text', text: 'No.' }],
    stop_reason: 'refusal',
  });
});

test.each(['', '{', '[]', '{}', '{"choices":[]}', '{"choices":[{"message":null}]}'])(
  '%s is garbage',
  (text) => {
    expect(fromChatAnswer(Buffer.from(text), CONTEXT).kind).toBe('garbage');
  },
);

test('an error with status 200 is a failure, and so is a finish reason that says so', () => {
  expect(fromChatAnswer(Buffer.from('{"error":{"message":"no","code":503}}'), CONTEXT)).toMatchObject({
    kind: 'failure',
    failure: { status: 503 },
  });
  const failed = completion({ content: 'x' }, { finish_reason: 'error' });
  expect(fromChatAnswer(Buffer.from(JSON.stringify(failed)), CONTEXT).kind).toBe('garbage');
});
