import { describe, expect, test } from 'vitest';
import { assembleChat, parseChatChunks } from '../translate/__fixtures__/assemble-chat.js';
import { CONTEXT, readFixture, type Reading, readWhole } from '../translate/__fixtures__/read-stream.js';
import { AnthropicStreamReader } from './anthropic-stream-reader.js';

const fixture = (name: string): string => readFixture(import.meta.dirname, `${name}.events.txt`);
const read = (text: string): Reading => readWhole(new AnthropicStreamReader(CONTEXT), text);
const assemble = (name: string): ReturnType<typeof assembleChat> =>
  assembleChat(read(fixture(name)).text, CONTEXT.model);

test('text comes out as it went in, characters beyond ASCII included', () => {
  expect(assemble('text')).toMatchObject({ content: 'Grüße, "Welt" 👋\n\\ done', calls: [], finish: 'stop' });
});

test('every chunk has the same id, created and model; the id is the one the provider gave', () => {
  const chunks = parseChatChunks(read(fixture('text')).text);
  for (const chunk of chunks) {
    expect(chunk).toMatchObject({
      id: 'chatcmpl-msg_example_1',
      created: CONTEXT.createdSeconds,
      model: CONTEXT.model,
    });
  }
});

test('tool calls are counted apart from other blocks, and a call without input has "{}"', () => {
  const { content, calls, finish } = assemble('tools');
  expect(content).toBe('Looking it up.');
  expect(calls).toEqual([
    { id: 'toolu_example_1', name: 'get_weather', args: '{"city": "Zürich"}' },
    { id: 'toolu_example_2', name: 'get_time', args: '{}' },
    { id: 'toolu_example_3', name: 'get_place', args: '{"city":"Bern"}' },
  ]);
  expect(finish).toBe('tool_calls');
});

test('prompt tokens include what came from the cache and went to it; later reports replace earlier ones', () => {
  const { usage } = assemble('tools');
  expect(usage).toEqual({
    prompt_tokens: 42,
    completion_tokens: 64,
    total_tokens: 106,
    prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 7 },
    completion_tokens_details: { reasoning_tokens: 0 },
  });
  expect(read(fixture('tools')).reader.tokens()).toEqual({
    ...{ input: 42, output: 64, cachedInput: 30, cacheWrite: 7, reasoning: 0, audio: 0, image: 0 },
  });
});

test('the count that a stream begins with is not final when its end has none', () => {
  expect(read(fixture('text')).reader.isUsageFinal).toBe(true);
  for (const usage of ['', ',"usage":null', ',"usage":{}', ',"usage":{"output_tokens":null}']) {
    const { reader, end } = read(fixture('text').replace(',"usage":{"output_tokens":21}', usage));
    expect([end.kind, reader.isUsageFinal, usage]).toEqual(['complete', false, usage]);
  }
});

test('usage is not sent to a client that did not ask, and is still known', () => {
  const { text, reader } = readWhole(
    new AnthropicStreamReader({ ...CONTEXT, hideUsage: true }),
    fixture('text'),
  );
  expect(assembleChat(text, CONTEXT.model).usage).toBeNull();
  expect(reader.tokens()).toMatchObject({ input: 12, output: 21 });
});

test('thinking is told as text, and once more with its signature for the way back', () => {
  const { reasoning, details, content, usage } = assemble('thinking');
  expect(reasoning).toBe('Two and two…');
  expect(content).toBe('4');
  const mark = { format: 'anthropic-claude-v1', index: 0 };
  expect(details).toEqual([
    { type: 'reasoning.text', text: 'Two and ', ...mark },
    { type: 'reasoning.text', text: 'two…', ...mark },
    { type: 'reasoning.text', signature: 'c2lnbmF0dXJl', ...mark },
    { type: 'reasoning.encrypted', data: 'ZW5jcnlwdGVk', format: 'anthropic-claude-v1', index: 1 },
  ]);
  expect(usage).toMatchObject({ completion_tokens_details: { reasoning_tokens: 30 } });
});

test('blocks of tools that the provider ran itself are left out; text and its citations stay', () => {
  const { content, calls, annotations, finish } = assemble('server-tools');
  expect({ content, calls, finish }).toEqual({ content: 'It says: so it is', calls: [], finish: 'stop' });
  const cited = { url: 'https://example.com/a', title: 'A', start_index: 9, end_index: 17 };
  expect(annotations).toEqual([{ type: 'url_citation', url_citation: cited }]);
});

test('a refusal is a content_filter with its explanation', () => {
  expect(assemble('refusal')).toMatchObject({
    content: '',
    refusal: 'This is not answered.',
    finish: 'content_filter',
  });
});

test('a call that the limit cut is told as far as it came, as "length"', () => {
  expect(assemble('limit')).toMatchObject({ finish: 'length', calls: [{ args: '{"text": "cut he' }] });
});

describe('a stream that is not good', () => {
  test('an error event ends it as a failure with the status of its type', () => {
    const { text, end } = read(fixture('error'));
    expect(end).toMatchObject({
      kind: 'failure',
      failure: { status: 529, code: 'overloaded_error', message: 'Overloaded' },
    });
    expect(text).not.toContain('[DONE]');
    expect(text).not.toContain('Overloaded');
  });

  test('without message_stop it is broken, even after its stop reason, and no finish reason was sent', () => {
    const { text, end } = read(fixture('text').replace(/event: message_stop[^]*$/, ''));
    expect(end.kind).toBe('broken');
    expect(text).not.toMatch(/"finish_reason":"/);
  });

  test('an event that is no JSON breaks it', () => {
    expect(read('event: message_start\ndata: {"type"\n\n').end.kind).toBe('broken');
  });

  test('an event larger than the bound breaks it instead of filling the memory', () => {
    const reader = new AnthropicStreamReader(CONTEXT);
    const piece = Buffer.alloc(1024 * 1024, 'x');
    reader.push(Buffer.from('data: "'));
    for (let count = 0; count < 6 && reader.fatal === null; count += 1) reader.push(piece);
    expect(reader.fatal).toMatchObject({ kind: 'broken' });
  });
});

test('nothing that follows message_stop reaches the client', () => {
  const whole = fixture('text');
  expect(read(whole + fixture('error')).text).toBe(read(whole).text);
});

test('pings are dropped, and a stream begun twice is told once', () => {
  const [start = '', ...rest] = fixture('text').split(/(?<=\n\n)/);
  expect(read([start, start, ...rest].join('')).text).toBe(read(fixture('text')).text);
});

test('content is only reported once there is some', () => {
  const reader = new AnthropicStreamReader(CONTEXT);
  const [start = '', begin = '', ping = '', delta = ''] = fixture('text').split(/(?<=\n\n)/);
  reader.push(Buffer.from(start + begin + ping));
  expect([reader.hasContent, reader.contentEvents]).toEqual([false, 0]);
  reader.push(Buffer.from(delta));
  expect([reader.hasContent, reader.contentEvents]).toEqual([true, 1]);
});

test('the input of the reserved answer tool is the text of the answer', () => {
  const text = fixture('limit')
    .replace('"name":"write"', '"name":"sluice_structured_answer"')
    .replace('max_tokens', 'tool_use');
  expect(assembleChat(read(text).text, CONTEXT.model)).toMatchObject({
    content: '{"text": "cut he',
    calls: [],
    finish: 'stop',
  });
});
