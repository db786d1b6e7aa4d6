import { describe, expect, test } from 'vitest';
import { assembleMessage, type AssembledMessage } from '../translate/__fixtures__/assemble-message.js';
import { CONTEXT, readFixture, type Reading, readWhole } from '../translate/__fixtures__/read-stream.js';
import { ChatToMessagesReader } from './chat-to-messages-reader.js';

const fixture = (name: string): string => readFixture(import.meta.dirname, `${name}.chunks.txt`);
const read = (text: string): Reading => readWhole(new ChatToMessagesReader(CONTEXT), text);
const assemble = (name: string): AssembledMessage => assembleMessage(read(fixture(name)).text);

/** Type and what was said of each block. */
const said = ({ blocks }: AssembledMessage): unknown[] =>
  blocks.map(({ type, text, thinking, name, json }) => [type, text ?? thinking ?? `${name ?? ''}${json}`]);

test('text comes out as it went in, under the model name that the client used', () => {
  const message = assemble('text');
  expect(said(message)).toEqual([['text', 'Grüße, "Welt" 👋\n']]);
  expect(message).toMatchObject({
    id: 'msg_chatcmpl-example-1',
    model: CONTEXT.model,
    stopReason: 'end_turn',
  });
});

test('input tokens leave out what came from the cache', () => {
  expect(assemble('text').usage).toEqual({
    input_tokens: 10,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 30,
    output_tokens: 9,
  });
});

test('calls become blocks one after the other', () => {
  const message = assemble('tools');
  expect(said(message)).toEqual([
    ['tool_use', 'get_weather{"city": "Zürich"}'],
    ['tool_use', 'get_time{}'],
  ]);
  expect(message.stopReason).toBe('tool_use');
});

test('the pieces of a call are handed on as they come', () => {
  const reader = new ChatToMessagesReader(CONTEXT);
  const [head = '', open = '', piece = ''] = fixture('tools').split(/(?<=\n\n)/);
  reader.push(Buffer.from(head + open));
  expect(reader.push(Buffer.from(piece))).toContain('"partial_json":"{\\"city\\": \\"Z"');
});

test('interleaved calls, and words between their pieces, come out whole and in order', () => {
  const message = assemble('interleaved');
  expect(said(message)).toEqual([
    ['text', 'Both.'],
    ['tool_use', 'get_weather{"city":2}'],
    ['tool_use', 'get_time{"zone":1}'],
    ['text', 'meanwhile'],
  ]);
  expect(message.stopReason).toBe('tool_use');
});

test('whole calls under one index, without index, without id, or with an object as arguments are told apart', () => {
  const message = assemble('whole-calls');
  expect(said(message)).toEqual([
    ['tool_use', 'a{"x":1}'],
    ['tool_use', 'b{"y":2}'],
    ['tool_use', 'c{"z":3}'],
    ['tool_use', 'd'],
  ]);
  expect(new Set(message.blocks.map((block) => block.id)).size).toBe(4);
  expect(message.stopReason, 'although the server said stop').toBe('tool_use');
});

/** A stream of these deltas. */
const streamOfDeltas = (deltas: readonly object[], finish: string): string =>
  [...deltas.map((delta) => ({ delta, finish_reason: null })), { delta: {}, finish_reason: finish }]
    .map((choice) => `data: ${JSON.stringify({ id: 'x', choices: [{ index: 0, ...choice }] })}\n\n`)
    .join('') + 'data: [DONE]\n\n';
/** A stream whose deltas hold these lists of calls. */
const streamOf = (...deltas: readonly (readonly object[])[]): string =>
  streamOfDeltas(
    deltas.map((calls) => ({ tool_calls: calls })),
    'tool_calls',
  );
const called = (name: string, args: string): object => ({ function: { name, arguments: args } });

describe('parallel calls that a server does not tell apart', () => {
  test.each([
    ['another name', 'get_time'],
    ['the same name', 'get_weather'],
  ])('are two blocks when both are whole, under one index and without id: %s', (_name, second) => {
    const [one, two] = [called('get_weather', '{"a":1}'), called(second, '{"b":2}')].map((call) => ({
      ...{ index: 0, id: '', ...call },
    }));
    if (one === undefined || two === undefined) throw new Error('two calls');
    for (const stream of [streamOf([one, two]), streamOf([one], [two])]) {
      const message = assembleMessage(read(stream).text);
      expect(said(message)).toEqual([
        ['tool_use', 'get_weather{"a":1}'],
        ['tool_use', `${second}{"b":2}`],
      ]);
      expect(new Set(message.blocks.map((block) => block.id)).size).toBe(2);
    }
  });

  test('are two blocks of two ids when they share their id', () => {
    const shared = [
      { id: 'call_1', ...called('a', '{"x":') },
      { id: 'call_1', function: { arguments: '1}' } },
      { id: 'call_1', ...called('b', '{"y":') },
      { id: 'call_1', function: { arguments: '2}' } },
    ];
    const message = assembleMessage(read(streamOf(shared)).text);
    expect(said(message)).toEqual([
      ['tool_use', 'a{"x":1}'],
      ['tool_use', 'b{"y":2}'],
    ]);
    const ids = message.blocks.map((block) => block.id);
    expect([ids[0], new Set(ids).size]).toEqual(['call_1', 2]);
  });

  test('stay one when the server repeats id and name with every piece', () => {
    const pieces = ['{"a":"', '}', '"}', ''].map((args) => [
      { index: 0, id: 'call_1', ...called('f', args) },
    ]);
    expect(said(assembleMessage(read(streamOf(...pieces)).text))).toEqual([['tool_use', 'f{"a":"}"}']]);
  });
});

test('a call in the old way, as function_call, is a block', () => {
  const pieces = [{ name: 'f', arguments: '' }, { arguments: '{"a":' }, { arguments: '1}' }];
  const deltas = pieces.map((piece) => ({ function_call: piece, tool_calls: null }));
  const message = assembleMessage(read(streamOfDeltas(deltas, 'function_call')).text);
  expect([said(message), message.stopReason]).toEqual([[['tool_use', 'f{"a":1}']], 'tool_use']);
});

test.each(['stop', 'tool_calls', 'function_call'])(
  'calls of which nothing came are no reason to stop for, whatever the server says: %s',
  (finish) => {
    const deltas = [{ tool_calls: [{ index: 0 }] }, { tool_calls: [] }, { content: 'words' }];
    const message = assembleMessage(read(streamOfDeltas(deltas, finish)).text);
    expect([said(message), message.stopReason]).toEqual([[['text', 'words']], 'end_turn']);
  },
);

test('words after a call of which nothing came do not wait', () => {
  const reader = new ChatToMessagesReader(CONTEXT);
  const [first = '', second = ''] = streamOfDeltas(
    [{ tool_calls: [{ index: 0 }] }, { content: 'words' }],
    'stop',
  ).split(/(?<=\n\n)/);
  reader.push(Buffer.from(first));
  expect(reader.push(Buffer.from(second))).toContain('"text":"words"');
});

test('arguments that no name ever came for break the stream', () => {
  const { text, end } = read(streamOf([{ index: 0, id: 'call_1', function: { arguments: '{"a":1}' } }]));
  expect(end.kind).toBe('broken');
  expect(text).not.toContain('message_stop');
});

test('a stream that ends after its finish reason without the marker is complete', () => {
  expect(fixture('whole-calls')).not.toContain('[DONE]');
  expect(read(fixture('whole-calls')).end.kind).toBe('complete');
});

test('reasoning under any of its names is one thinking block with an empty signature', () => {
  const message = assemble('reasoning');
  expect(said(message)).toEqual([
    ['thinking', 'Two and two…'],
    ['text', '4'],
  ]);
  expect(message.blocks[0]?.signature).toBe('');
  expect(message).toMatchObject({ stopReason: 'max_tokens', usage: { output_tokens: 20 } });
});

test('a refusal is told, and is the stop reason', () => {
  const chunk =
    'data: {"id":"x","choices":[{"index":0,"delta":{"refusal":"No."},"finish_reason":"stop"}]}\n\n';
  const message = assembleMessage(read(`${chunk}data: [DONE]\n\n`).text);
  expect([said(message), message.stopReason]).toEqual([[['text', 'No.']], 'refusal']);
});

describe('a stream that is not good', () => {
  const begun = fixture('text')
    .split(/(?<=\n\n)/)
    .slice(0, 3)
    .join('');

  test.each([
    ['an error object', 'data: {"error":{"message":"no","code":503}}\n\n', 503],
    ['a named error', 'event: error\ndata: {"error":{"message":"no","status_code":400}}\n\n', 400],
    [
      'an error in the choice',
      'data: {"choices":[{"index":0,"delta":{},"error":{"message":"no","code":502}}]}\n\n',
      502,
    ],
  ])('%s ends it as a failure', (_name, event, status) => {
    const { text, end } = read(begun + event);
    expect(end).toMatchObject({ kind: 'failure', failure: { status } });
    expect(text).not.toContain('message_stop');
  });

  test.each([
    ['without "error" in it', '{"message":"rate limited","status_code":429}', 429],
    ['that is no JSON', 'rate limited', 500],
  ])('a named error %s ends it as a failure, although a finish reason came before', (_name, data, status) => {
    const finish = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
    const { text, end } = read(`${begun}${finish}event: error\ndata: ${data}\n\ndata: [DONE]\n\n`);
    expect(end).toMatchObject({ kind: 'failure', failure: { status, passable: false } });
    expect(text).not.toContain('message_stop');
  });

  test.each([
    ['the end of the body before a finish reason', ''],
    ['a marker before a finish reason', 'data: [DONE]\n\n'],
    ['a finish reason that says failed', 'data: {"choices":[{"delta":{},"finish_reason":"error"}]}\n\n'],
    ['an event that is no JSON', 'data: {"choices"\n\n'],
    ['an end inside an event', 'data: {"choices"'],
  ])('%s breaks it', (_name, rest) => {
    const { text, end } = read(begun + rest);
    expect(end.kind).toBe('broken');
    expect(text).not.toContain('message_stop');
  });

  test('calls without end break it instead of filling the memory', () => {
    const reader = new ChatToMessagesReader(CONTEXT);
    const args = JSON.stringify('x'.repeat(1024 * 1024));
    const piece = Buffer.from(
      `data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":${args}}}]}}]}\n\n`,
    );
    for (let count = 0; count < 12 && reader.fatal === null; count += 1) reader.push(piece);
    expect(reader.fatal).toMatchObject({ kind: 'broken' });
  });
});

test('usage on every chunk is not added up: the last one counts', () => {
  const chunk = (count: number, finish: string): string =>
    `data: {"id":"x","choices":[{"delta":{"content":"a"},"finish_reason":${finish}}],"usage":{"prompt_tokens":5,"completion_tokens":${count}}}\n\n`;
  const { text } = read(chunk(1, 'null') + chunk(2, '"stop"') + 'data: [DONE]\n\n');
  expect(assembleMessage(text).usage).toMatchObject({ input_tokens: 5, output_tokens: 2 });
});
