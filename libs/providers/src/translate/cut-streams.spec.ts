// Every reader between dialects, on every fixture, cut at every byte.
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AnthropicStreamReader } from '../anthropic/anthropic-stream-reader.js';
import { ChatToMessagesReader } from '../messages/chat-to-messages-reader.js';
import { MessagesRelayReader } from '../messages/messages-relay-reader.js';
import type { StreamReader } from '../provider-adapter.js';
import { CONTEXT, readFixture, readPieces } from './__fixtures__/read-stream.js';

interface Case {
  readonly name: string;
  readonly text: string;
  readonly open: () => StreamReader;
  /** What the client's dialect ends with. */
  readonly terminal: string;
}

const SOURCES = join(import.meta.dirname, '..');
const EVENTS = ['text', 'tools', 'thinking', 'server-tools', 'refusal', 'limit', 'error'];
const CHUNKS = ['text', 'tools', 'interleaved', 'whole-calls', 'reasoning'];

const CASES: readonly Case[] = [
  ...EVENTS.flatMap((name): Case[] => {
    const text = readFixture(join(SOURCES, 'anthropic'), `${name}.events.txt`);
    return [
      { name: `${name} to chat`, text, open: () => new AnthropicStreamReader(CONTEXT), terminal: '[DONE]' },
      {
        name: `${name} relayed`,
        text,
        open: () => new MessagesRelayReader(CONTEXT),
        terminal: 'message_stop',
      },
    ];
  }),
  ...CHUNKS.map((name): Case => {
    const text = readFixture(join(SOURCES, 'messages'), `${name}.chunks.txt`);
    return {
      name: `${name} to messages`,
      text,
      open: () => new ChatToMessagesReader(CONTEXT),
      terminal: 'message_stop',
    };
  }),
].flatMap((one) => [one, { ...one, name: `${one.name}, CRLF`, text: one.text.replaceAll('\n', '\r\n') }]);

describe.each(CASES)('$name', ({ text, open, terminal }) => {
  const bytes = Buffer.from(text);
  const whole = readPieces(open(), [bytes]);

  test('in one piece, it ends as it should', () => {
    expect(whole.end.kind).toBe(text.includes('overloaded_error') ? 'failure' : 'complete');
    expect(whole.text.includes(terminal)).toBe(whole.end.kind === 'complete');
  });

  test('cut in two at any byte, it reads the same', () => {
    for (let at = 1; at < bytes.length; at += 1) {
      const { text: out, end, reader } = readPieces(open(), [bytes.subarray(0, at), bytes.subarray(at)]);
      if (out !== whole.text || end.kind !== whole.end.kind) expect.fail(`differs when cut at byte ${at}`);
      expect(reader.tokens()).toEqual(whole.reader.tokens());
    }
  });

  test('byte by byte, it reads the same', () => {
    const pieces = Array.from(bytes, (byte) => Buffer.from([byte]));
    const { text: out, end, reader } = readPieces(open(), pieces);
    expect(out).toBe(whole.text);
    expect(end).toEqual(whole.end);
    expect([reader.hasContent, reader.contentEvents]).toEqual([
      whole.reader.hasContent,
      whole.reader.contentEvents,
    ]);
  });

  test('ended early at any byte, it hands on a beginning, and is never complete with less', () => {
    for (let at = 0; at < bytes.length; at += 1) {
      const { text: out, end } = readPieces(open(), [bytes.subarray(0, at)]);
      if (end.kind === 'complete') {
        // Nothing but what a server may leave out is missing: marker, usage, blank line.
        expect(missing(text, at)).toBe(true);
        expect(out).toContain(terminal);
      } else {
        if (!whole.text.startsWith(out)) expect.fail(`ended at byte ${at} it is no beginning of the whole`);
        expect(out).not.toContain(terminal);
      }
    }
  });
});

/** Whether a stream ended at this byte has had its last word. */
function missing(text: string, at: number): boolean {
  const rest = Buffer.from(text).subarray(at).toString('utf8');
  const isMessages = text.includes('message_start');
  return isMessages ? /^\s*$/.test(rest) : !/"finish_reason":"/.test(rest) && !rest.includes('"delta"');
}
