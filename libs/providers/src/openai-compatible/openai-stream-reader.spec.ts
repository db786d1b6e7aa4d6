import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { StreamContext, StreamEnd } from '../provider-adapter.js';
import { OpenAiStreamReader } from './openai-stream-reader.js';

const CONTEXT: StreamContext = {
  endpoint: 'chat.completions',
  model: 'my "modèl"',
  base64: false,
  createdSeconds: 1,
  answerId: 'e',
  hideUsage: false,
  choices: 1,
};

const fixture = (name: string): string =>
  readFileSync(join(import.meta.dirname, '__fixtures__', `${name}.chunks.txt`), 'utf8');

interface Stream {
  readonly name: string;
  readonly text: string;
  readonly context: StreamContext;
}

const STREAMS: readonly Stream[] = ['text', 'tools', 'reasoning', 'two-choices', 'legacy-order'].flatMap(
  (name) => {
    const context = { ...CONTEXT, choices: name === 'two-choices' ? 2 : 1 };
    const text = fixture(name);
    return [
      { name, text, context },
      { name: `${name}, usage hidden`, text, context: { ...context, hideUsage: true } },
      { name: `${name}, CRLF`, text: text.replaceAll('\n', '\r\n'), context },
    ];
  },
);

interface Reading {
  /** UTF-8 text of all that the client got, the tail included. */
  readonly text: string;
  readonly end: StreamEnd;
  readonly reader: OpenAiStreamReader;
}

/** Reads a stream that comes in these pieces, as the edge does. */
function read(pieces: readonly Buffer[], context: StreamContext = CONTEXT): Reading {
  const reader = new OpenAiStreamReader(context);
  let out = '';
  for (const piece of pieces) {
    if (reader.isDone || reader.fatal !== null) break;
    out += reader.push(piece);
  }
  const end = reader.fatal ?? reader.end();
  if (end.kind === 'complete') out += end.tail;
  return { text: Buffer.from(out, 'latin1').toString('utf8'), end, reader };
}

const readText = (text: string, context: StreamContext = CONTEXT): Reading =>
  read([Buffer.from(text)], context);

interface Chunk {
  readonly model?: string;
  readonly choices?: readonly { index: number; delta?: object; finish_reason?: string | null }[];
  readonly usage?: object | null;
}

/** The chunks of a stream, the terminal marker left out. Fails when one is not whole. */
const chunksOf = (text: string): Chunk[] =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line.startsWith('data:') && line !== 'data: [DONE]')
    .map((line) => JSON.parse(line.slice(5)) as Chunk);

/** What each choice said, in order. */
const saidIn = (text: string): unknown[] =>
  chunksOf(text).flatMap(({ choices = [] }) => choices.map(({ index, delta }) => ({ index, delta })));

describe('every stream, wherever it is cut', () => {
  test.each(STREAMS)('$name: the model is renamed and nothing else changes', ({ text, context }) => {
    const { text: out, end } = readText(text, context);
    expect(end.kind).toBe('complete');
    const wanted = chunksOf(text)
      .filter(({ choices, usage }) => !(context.hideUsage && choices?.length === 0 && usage))
      .map((chunk) => ({ ...chunk, model: CONTEXT.model }));
    expect(chunksOf(out)).toEqual(wanted);
    expect(out.trimEnd().endsWith('data: [DONE]')).toBe(true);
    const frame = (all: string): string[] => all.split('\n').filter((line) => !line.startsWith('data:'));
    if (!context.hideUsage && text.includes('[DONE]\n')) expect(frame(out)).toEqual(frame(text));
  });

  test.each(STREAMS)('$name: two pieces, cut at every byte, give the same', ({ text, context }) => {
    const bytes = Buffer.from(text);
    const whole = readText(text, context);
    for (let at = 0; at <= bytes.length; at += 1) {
      const cut = read([bytes.subarray(0, at), bytes.subarray(at)], context);
      expect(cut.text === whole.text ? at : { at, text: cut.text }).toBe(at);
      expect(cut.reader.tokens()).toEqual(whole.reader.tokens());
    }
  });

  test.each(STREAMS)('$name: single bytes give the same', ({ text, context }) => {
    const bytes = Buffer.from(text);
    const pieces = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
    const cut = read(pieces, context);
    const whole = readText(text, context);
    expect(cut.text).toBe(whole.text);
    expect(cut.end.kind).toBe('complete');
    expect(cut.reader.hasContent).toBe(true);
  });

  test.each(STREAMS)('$name: broken off at any byte, it is whole only if nothing is missing', (stream) => {
    const bytes = Buffer.from(stream.text);
    let completes = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const { end, text } = read([bytes.subarray(0, at)], stream.context);
      if (end.kind !== 'complete') continue;
      completes += 1;
      const finished = chunksOf(text).flatMap(({ choices = [] }) =>
        choices.filter((choice) => typeof choice.finish_reason === 'string'),
      );
      expect(finished).toHaveLength(stream.context.choices);
      expect(saidIn(text)).toEqual(saidIn(stream.text));
      expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
    }
    expect(completes).toBeGreaterThan(0);
  });

  test.each(STREAMS)('$name: what is given out at any time is whole events', ({ text, context }) => {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 1) {
      const out = new OpenAiStreamReader(context).push(bytes.subarray(0, at));
      expect(out === '' || /\n\r?\n$/.test(out)).toBe(true);
    }
  });
});

describe('the end of a stream', () => {
  const finish = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}';
  const content = 'data: {"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n';

  test('a provider that leaves out the marker: it is added', () => {
    expect(readText(`${content}${finish}\n\n`).end).toEqual({ kind: 'complete', tail: 'data: [DONE]\n\n' });
  });

  test('a provider that leaves out the last blank line: the event still goes out', () => {
    for (const rest of ['', '\n', '\r\n']) {
      expect(readText(content + finish + rest).end).toEqual({
        kind: 'complete',
        tail: `${finish}\n\ndata: [DONE]\n\n`,
      });
    }
    expect(readText(`${content}${finish}\n\ndata: [DONE]`).text.match(/\[DONE\]/g)).toHaveLength(1);
  });

  test('a comment that is cut off is nothing that a client misses', () => {
    expect(readText(`${content}${finish}\n\n: keep-al`).end.kind).toBe('complete');
  });

  test('no finish reason and no marker: broken', () => {
    expect(readText(content).end).toMatchObject({ kind: 'broken' });
    expect(readText('').end).toMatchObject({ kind: 'broken' });
    expect(readText(`${content}data: {"choices":[{"del`).end).toMatchObject({ kind: 'broken' });
  });

  test('half an event after the finish: broken, since nobody knows what is missing', () => {
    for (const half of ['data: {"choices":[],"usage":{"prom', 'da', 'event: err', 'data: [DO']) {
      expect(readText(`${content}${finish}\n\n${half}`).end).toMatchObject({ kind: 'broken' });
    }
  });

  test('one of two choices finished and no marker: broken', () => {
    const one = `${content}${finish}\n\n`;
    expect(readText(one, { ...CONTEXT, choices: 2 }).end.kind).toBe('broken');
    expect(readText(one + finish, { ...CONTEXT, choices: 2 }).end.kind, 'the same one twice').toBe('broken');
  });

  test('the words of a finish in a text are no finish', () => {
    const text = JSON.stringify({ choices: [{ delta: { content: '"finish_reason":"stop"' } }] });
    expect(readText(`data: ${text}\n\n`).end.kind).toBe('broken');
  });

  test('fields of another name are no content and no end, whatever stands in them', () => {
    const { end, reader } = readText(`${content}${finish}\n\n`.replaceAll('data:', 'data'));
    expect([reader.hasContent, end.kind]).toEqual([false, 'broken']);
  });

  test('nothing after the marker goes out', () => {
    const { text, reader } = readText(`${content}${finish}\n\ndata: [DONE]\n\ndata: {"x":1}\n\n`);
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
    expect(reader.push(Buffer.from(content))).toBe('');
  });

  test('an event without end is not collected for ever', () => {
    const reader = new OpenAiStreamReader(CONTEXT);
    const piece = Buffer.alloc(1024 * 1024, 'a');
    for (let index = 0; index < 6 && reader.fatal === null; index += 1) reader.push(piece);
    expect(reader.fatal).toMatchObject({ kind: 'broken' });
  });

  test('an event of megabytes in many pieces costs no more than reading it', () => {
    const choice = `data: {"delta":{"content":"${'a'.repeat(1_000_000)}"},"finish_reason":"stop"}`;
    const big = `data: {"model":"m","choices":[\n${[choice, choice, choice].join(',\n')}\ndata: ]}\n\n`;
    const bytes = Buffer.from(big);
    const pieces: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 256) pieces.push(bytes.subarray(at, at + 256));
    const startedMs = performance.now();
    expect(read(pieces).end.kind).toBe('complete');
    // Searching from the start for each piece would take minutes.
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });
});

test.each([
  ['plain words', 'data: hello\n\n'],
  ['half of an object', 'data: {"choices":[\n\n'],
  ['a list', 'data: [1]\n\n'],
  ['a control character', 'data: {"choices":"\0"}\n\n'],
])('an event that is no JSON object (%s) ends the stream', (_name, event) => {
  const { text, reader } = readText(`${event}data: [DONE]\n\n`);
  expect([text, reader.fatal?.kind]).toEqual(['', 'broken']);
});

test.each([': a comment\n\n', 'event: ping\n\n', 'data: \n\n', 'data: {}\n\n', '\n\n'])(
  'an event that says nothing (%j) goes on as it is',
  (event) => {
    const { text, reader } = readText(`${event}data: [DONE]\n\n`);
    expect([text, reader.fatal]).toEqual([`${event}data: [DONE]\n\n`, null]);
  },
);

describe('an error inside a stream ends it', () => {
  const before =
    'data: {"model":"m","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n';
  const after = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

  test.each<[string, string, object]>([
    [
      'a top-level error',
      'data: {"error":{"message":"boom","code":"overloaded"}}',
      { message: 'boom', status: 500 },
    ],
    ['a text as error', 'data: {"error":"boom"}', { message: 'boom' }],
    ['with a status', 'data: {"error":{"message":"boom","status_code":400}}', { status: 400 }],
    ['with a number as code', 'data: {"id":"1","error":{"message":"boom","code":429}}', { status: 429 }],
    [
      'beside choices',
      'data: {"choices":[{"delta":{}}],"error":{"message":"boom","code":502}}',
      { status: 502 },
    ],
    [
      'in the choice',
      'data: {"choices":[{"delta":{},"error":{"message":"boom","code":502}}]}',
      { status: 502 },
    ],
    ['a flat one', 'data: {"object":"error","message":"boom","code":400}', { message: 'boom', status: 400 }],
    ['a named event', 'event: error\ndata: {"message":"boom","type":"x"}', { message: 'boom', code: 'x' }],
    ['a named event with CRLF', 'event: error\r\ndata: {"message":"boom"}\r', { message: 'boom' }],
    ['a named event of no JSON', 'event: error\ndata: boom', { status: 500 }],
  ])('%s', (_name, event, failure) => {
    const bytes = Buffer.from(`${before}${event}\n\n${after}`);
    const pieces = [
      [bytes],
      Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)),
      [bytes.subarray(0, 100), bytes.subarray(100)],
    ];
    for (const stream of pieces) {
      const { text, end } = read(stream);
      expect(end).toMatchObject({ kind: 'failure', failure });
      expect(chunksOf(text), 'what came before goes out, nothing after').toHaveLength(1);
      expect(text).not.toContain('DONE');
    }
  });

  test('an error without the last blank line is still one', () => {
    expect(readText(`${before}data: {"error":{"message":"boom"}}`).end.kind).toBe('failure');
  });

  test.each([
    ['a null error', 'data: {"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}],"error":null}'],
    [
      'an error in a text',
      `data: ${JSON.stringify({ choices: [{ delta: { content: '{"error":{"a":1}}' }, finish_reason: 'stop' }] })}`,
    ],
    [
      'an error in a tool call',
      'data: {"choices":[{"delta":{"tool_calls":[{"error":{"a":1}}]},"finish_reason":"stop"}]}',
    ],
    [
      'a comment about one',
      ': "error":{"a":1}\n\ndata: {"choices":[{"delta":{"content":"b"},"finish_reason":"stop"}]}',
    ],
  ])('%s is none', (_name, event) => {
    expect(readText(`${before}${event}\n\n`).end.kind).toBe('complete');
  });
});

describe('usage of a stream', () => {
  const event = (document: object): string => `data: ${JSON.stringify(document)}\n\n`;
  const done = event({ choices: [{ delta: { content: 'a' }, finish_reason: 'stop' }] });
  const usage = { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 };

  test.each<[string, string]>([
    ['a chunk of its own', done + event({ choices: [], usage })],
    ['the last chunk', event({ choices: [{ delta: {}, finish_reason: 'stop' }], usage })],
    [
      'every chunk: the last counts',
      event({ choices: [], usage: { ...usage, prompt_tokens: 1 } }) + event({ choices: [], usage }),
    ],
    ['x_groq', done + event({ choices: [], x_groq: { usage } })],
    ['the choice', event({ choices: [{ delta: {}, finish_reason: 'stop', usage }] })],
    ['before chunks without any', event({ choices: [], usage }) + done + event({ choices: [], usage: null })],
    ['before an empty one', event({ choices: [], usage }) + done + event({ choices: [], usage: {} })],
  ])('in %s', (_name, text) => {
    expect(readText(text).reader.tokens()).toMatchObject({ input: 5, output: 2 });
  });

  test('a stream that never said is not counted, and its content events are', () => {
    const { reader } = readText(event({ model: 'm', choices: [{ delta: { content: 'a' } }] }).repeat(3));
    expect(reader.tokens()).toBe(null);
    expect(reader.contentEvents).toBe(3);
  });

  test('hidden usage: only the chunk that holds nothing else is left out', () => {
    const first = event({ choices: [], prompt_filter_results: [] });
    const last = event({ choices: [{ delta: {}, finish_reason: 'stop' }], usage });
    const own = event({ choices: [], usage });
    const { text, reader } = readText(first + last + own, { ...CONTEXT, hideUsage: true });
    expect(text).toBe(`${first}${last}data: [DONE]\n\n`);
    expect(reader.tokens()).toMatchObject({ input: 5 });
  });
});

test('content is noticed with the first event that a client could show', () => {
  const delta = (said: object): string => `data: ${JSON.stringify({ choices: [{ delta: said }] })}\n\n`;
  const has = (said: object): boolean => readText(delta(said)).reader.hasContent;
  const silent = [{ role: 'assistant' }, { content: '' }, { content: null }, { content: '', refusal: null }];
  expect(silent.map(has)).toEqual([false, false, false, false]);
  const spoken = [
    { content: 'a' },
    { content: '"' },
    { content: [{ type: 'text', text: 'a' }] },
    { reasoning: 'a' },
    { reasoning_content: 'a' },
    { refusal: 'a' },
    { tool_calls: [{ index: 0, function: { name: 'f', arguments: '' } }] },
  ];
  expect(spoken.map(has)).toEqual(spoken.map(() => true));
});
