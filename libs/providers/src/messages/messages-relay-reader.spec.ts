import { expect, test } from 'vitest';
import { assembleMessage } from '../translate/__fixtures__/assemble-message.js';
import { CONTEXT, readFixture, type Reading, readWhole } from '../translate/__fixtures__/read-stream.js';
import { MessagesRelayReader } from './messages-relay-reader.js';

const FOLDER = `${import.meta.dirname}/../anthropic`;
const fixture = (name: string): string => readFixture(FOLDER, `${name}.events.txt`);
const read = (text: string): Reading => readWhole(new MessagesRelayReader(CONTEXT), text);

test.each(['text', 'tools', 'thinking', 'server-tools', 'refusal', 'limit'])(
  '%s: every byte goes through but the name of the model',
  (name) => {
    const text = fixture(name);
    const { text: out, end } = read(text);
    expect(out).toBe(text.replace('"claude-opus-4-6"', JSON.stringify(CONTEXT.model)));
    expect(end).toEqual({ kind: 'complete', tail: '' });
  },
);

test('line ends, padding and unknown events are not touched', () => {
  const text = fixture('server-tools').replaceAll('\n', '\r\n').replaceAll('}\r\n', '}     \r\n');
  expect(read(text).text).toBe(text.replace('"claude-opus-4-6"', JSON.stringify(CONTEXT.model)));
});

test('usage is merged from the start and the end: the last number that is there wins', () => {
  expect(read(fixture('text')).reader.tokens()).toMatchObject({ input: 12, output: 21 });
  expect(read(fixture('tools')).reader.tokens()).toMatchObject({
    input: 42,
    output: 64,
    cachedInput: 30,
    cacheWrite: 7,
  });
  const renewed = fixture('text').replace(
    '"usage":{"output_tokens":21}',
    '"usage":{"input_tokens":15,"output_tokens":22}',
  );
  expect(read(renewed).reader.tokens()).toMatchObject({ input: 15, output: 22 });
});

test('the count that a stream begins with is not final when its end has none', () => {
  expect(read(fixture('text')).reader.isUsageFinal).toBe(true);
  for (const usage of ['', ',"usage":null', ',"usage":{}', ',"usage":{"output_tokens":null}']) {
    const { reader, end } = read(fixture('text').replace(',"usage":{"output_tokens":21}', usage));
    expect([end.kind, reader.isUsageFinal, usage]).toEqual(['complete', false, usage]);
  }
});

test('an error is not handed on: the gateway ends the stream in its own words', () => {
  const { text, end } = read(fixture('error'));
  expect(end).toMatchObject({ kind: 'failure', failure: { status: 529 } });
  expect(text).not.toContain('event: error');
});

test('without message_stop it is broken, whatever came before', () => {
  expect(read(fixture('text').replace(/event: message_stop[^]*$/, '')).end.kind).toBe('broken');
});

test('comments and events of nothing go through, what is no JSON breaks it', () => {
  const quiet = `: waiting\n\ndata:\n\n${fixture('text')}`;
  expect(read(quiet).end.kind).toBe('complete');
  expect(read(quiet).text.startsWith(': waiting\n\ndata:\n\nevent: message_start')).toBe(true);
  expect(read('event: ping\ndata: {"type"\n\n').end.kind).toBe('broken');
});

test('a model that is named only inside a text is not renamed', () => {
  const text = fixture('text')
    .replace('"model":"claude-opus-4-6",', '')
    .replace('Grüße, ', '\\"model\\":\\"x\\"');
  expect(read(text).text).toBe(text);
  expect(assembleMessage(text).blocks[0]?.text).toContain('"model":"x"');
});
