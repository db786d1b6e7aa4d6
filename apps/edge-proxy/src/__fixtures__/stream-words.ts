// What a client makes of a stream, read by the letter of the standard and of the dialect, without the gateway's own readers.
import type { ClientDialect } from '@sluice/providers';

export interface StreamWords {
  /** All content in order, as one text: what it is called, then what it says. */
  readonly content: string;
  /** Error events. */
  readonly errors: number;
  /** `[DONE]`, or `message_stop`. */
  readonly terminals: number;
  /** `message_start`, or first chunks with a role. */
  readonly starts: number;
  /** Of the last event. */
  readonly last: 'error' | 'terminal' | 'other' | 'none';
  /** Text behind the last whole event. */
  readonly rest: string;
}

/** Where content stands, in either dialect. */
const CONTENT_KEYS = new Set([
  'content',
  'reasoning',
  'reasoning_content',
  'refusal',
  'text',
  'thinking',
  'arguments',
  'partial_json',
  'name',
]);

export function readStreamWords(text: string, dialect: ClientDialect): StreamWords {
  const events = text.split(/\r?\n\r?\n/);
  const rest = events.pop() ?? '';
  const words = { content: '', errors: 0, terminals: 0, starts: 0, last: 'none' as StreamWords['last'], rest };
  for (const event of events) {
    const data = dataOf(event);
    if (data === null) continue;
    const kind = data === '[DONE]' ? 'terminal' : readEvent(JSON.parse(data) as Json, dialect, words);
    if (kind === 'error') words.errors += 1;
    if (kind === 'terminal') words.terminals += 1;
    words.last = kind;
  }
  return words;
}

type Json = Readonly<Record<string, unknown>>;

function dataOf(event: string): string | null {
  const lines = event.split(/\r?\n/).filter((line) => line.startsWith('data:'));
  const data = lines.map((line) => line.slice(5).trim()).join('\n');
  return data === '' ? null : data;
}

function readEvent(
  json: Json,
  dialect: ClientDialect,
  words: { content: string; starts: number },
): 'error' | 'terminal' | 'other' {
  if (dialect === 'messages') {
    if (json['type'] === 'error') return 'error';
    if (json['type'] === 'message_stop') return 'terminal';
    if (json['type'] === 'message_start') words.starts += 1;
    words.content += contentOf(json['content_block']) + contentOf(json['delta']);
    return 'other';
  }
  if (json['error'] !== undefined) return 'error';
  // Chunks that someone made up hold anything.
  const choices = Array.isArray(json['choices']) ? (json['choices'] as Json[]) : [];
  for (const choice of choices) words.content += contentOf(choice['delta']);
  return 'other';
}

function contentOf(value: unknown): string {
  if (Array.isArray(value)) return value.map(contentOf).join('');
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .map(([key, inner]) => (CONTENT_KEYS.has(key) && typeof inner === 'string' ? inner : contentOf(inner)))
    .join('');
}
