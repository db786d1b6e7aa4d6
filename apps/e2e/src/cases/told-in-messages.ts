// Reads answers of Anthropic's dialect, and checks that a stream is built as its clients rely on.
import { expect } from 'vitest';
import { readStream, type StreamEvent } from './expected-answer.js';
import type { JsonRecord } from './recorded-case.js';
import { numberIn, parseArguments, recordIn, recordsOf, textIn, type Told, type ToldUsage } from './told.js';

/** A whole message. */
export function toldInMessage(message: JsonRecord): Told {
  return toldOf(recordsOf(message['content']), message['stop_reason'], message['usage']);
}

/** A recorded stream, as it is: structure is the provider's business. */
export function toldInMessageStream(body: string): Told {
  const blocks = new Map<number, BlockSoFar>();
  let stop: unknown = null;
  let usage: JsonRecord = {};
  for (const { json } of readStream(body)) {
    if (json === null) continue;
    if (json['type'] === 'message_start') usage = merge(usage, recordIn(json['message'])['usage']);
    if (json['type'] === 'message_delta') {
      stop = recordIn(json['delta'])['stop_reason'];
      usage = merge(usage, json['usage']);
    }
    if (json['type'] === 'content_block_start') {
      blocks.set(numberIn(json['index']), { start: recordIn(json['content_block']), text: '' });
    }
    if (json['type'] === 'content_block_delta') {
      const block = blocks.get(numberIn(json['index']));
      if (block !== undefined) block.text += deltaText(recordIn(json['delta']));
    }
  }
  const content = [...blocks.values()].map(({ start, text }) => closeBlock(start, text));
  return toldOf(content, stop, usage);
}

/**
 * Checks a stream that a client got: every event has its name, message_start first and once, blocks dense and one after
 * the other, one message_delta, message_stop last and once; pings anywhere after the start.
 */
export function checkMessageStream(body: string): readonly StreamEvent[] {
  const events = readStream(body).filter(({ comment }) => comment === null);
  for (const { type, json } of events) expect(type).toBe(json?.['type']);
  const solid = events.filter(({ type }) => type !== 'ping');
  const places = solid.map(({ type, json }) =>
    json !== null && 'index' in json ? `${type} ${numberIn(json['index'])}` : type,
  );
  expect(events[0]?.type).toBe('message_start');
  const wanted: string[] = ['message_start'];
  const blocks = solid.filter(({ type }) => type === 'content_block_start').length;
  for (let index = 0; index < blocks; index += 1) {
    const deltas = places.filter((place) => place === `content_block_delta ${index}`);
    wanted.push(`content_block_start ${index}`, ...deltas, `content_block_stop ${index}`);
  }
  expect(places).toEqual([...wanted, 'message_delta', 'message_stop']);
  checkStart(solid[0]?.json);
  for (const { type, json } of solid) if (type === 'content_block_start') checkBlockStart(json);
  return events;
}

interface BlockSoFar {
  readonly start: JsonRecord;
  text: string;
}

function checkStart(json: JsonRecord | null | undefined): void {
  expect(json?.['message']).toMatchObject({
    id: expect.stringMatching(/^msg_/) as string,
    type: 'message',
    role: 'assistant',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: {
      input_tokens: expect.any(Number) as number,
      output_tokens: expect.any(Number) as number,
    },
  });
}

function checkBlockStart(json: JsonRecord | null): void {
  const block = recordIn(json?.['content_block']);
  const empty: Readonly<Record<string, JsonRecord>> = {
    text: { text: '' },
    thinking: { thinking: '', signature: '' },
    tool_use: { id: expect.stringMatching(/^[a-zA-Z0-9_-]+$/) as string, input: {} },
  };
  expect(block).toMatchObject(empty[textIn(block['type'])] ?? { type: 'a block that clients know' });
}

const deltaText = (delta: JsonRecord): string =>
  textIn(delta['text']) + textIn(delta['thinking']) + textIn(delta['partial_json']);

function closeBlock(start: JsonRecord, text: string): JsonRecord {
  if (start['type'] === 'tool_use') return { ...start, input: parseArguments(text) };
  const key = start['type'] === 'thinking' ? 'thinking' : 'text';
  return { ...start, [key]: textIn(start[key]) + text };
}

const merge = (known: JsonRecord, later: unknown): JsonRecord => ({
  ...known,
  ...Object.fromEntries(Object.entries(recordIn(later)).filter(([, value]) => value !== null)),
});

function toldOf(content: readonly JsonRecord[], stop: unknown, usage: unknown): Told {
  const of = (type: string, key: string): string =>
    content.map((block) => (block['type'] === type ? textIn(block[key]) : '')).join('');
  return {
    text: of('text', 'text'),
    thinking: of('thinking', 'thinking'),
    calls: content
      .filter((block) => block['type'] === 'tool_use')
      .map((block) => ({ name: textIn(block['name']), args: block['input'] ?? {} })),
    finish: typeof stop === 'string' ? stop : null,
    usage: usageOf(recordIn(usage)),
  };
}

function usageOf(usage: JsonRecord): ToldUsage | null {
  if (usage['output_tokens'] === undefined) return null;
  const cached = numberIn(usage['cache_read_input_tokens']);
  const written = numberIn(usage['cache_creation_input_tokens']);
  const input = numberIn(usage['input_tokens']) + cached + written;
  return { input, output: numberIn(usage['output_tokens']), cached, written };
}
