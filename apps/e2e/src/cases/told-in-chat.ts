// Reads answers of OpenAI's dialect, as its vendors write them, and checks that a stream is built as its clients rely on.
import { expect } from 'vitest';
import { readStream, type StreamEvent } from './expected-answer.js';
import { countsIn } from './expected-tokens.js';
import type { JsonRecord } from './recorded-case.js';
import { numberIn, parseArguments, recordIn, recordsOf, textIn, type Told, type ToldUsage } from './told.js';

/** A whole completion: its first choice. */
export function toldInCompletion(document: JsonRecord): Told {
  const choice = firstOf(document);
  const message = recordIn(choice['message']);
  const calls = recordsOf(message['tool_calls']).map((call) => recordIn(call['function']));
  return {
    text: textOf(message['content']),
    thinking: thoughtsOf(message),
    calls: calls.map((call) => ({ name: textIn(call['name']), args: argumentsOf(call['arguments']) })),
    finish: finishOf(choice),
    usage: usageOf(document),
  };
}

/** A stream's first choice, put together. */
export function toldInCompletionStream(body: string): Told {
  const events = readStream(body);
  const calls = new Map<unknown, { name: string; text: string }>();
  let [text, thinking, finish, usage]: [string, string, string | null, ToldUsage | null] = [
    '',
    '',
    null,
    null,
  ];
  for (const { json } of events) {
    if (json === null) continue;
    usage = usageOf(json) ?? usage;
    const choice = firstOf(json);
    const delta = recordIn(choice['delta']);
    text += textOf(delta['content']);
    thinking += thoughtsOf(delta);
    finish = finishOf(choice) ?? finish;
    for (const [place, call] of recordsOf(delta['tool_calls']).entries()) {
      const key = call['index'] ?? (textIn(call['id']) || place);
      const known = calls.get(key) ?? { name: '', text: '' };
      const part = recordIn(call['function']);
      known.name += textIn(part['name']);
      known.text +=
        typeof part['arguments'] === 'string' ? part['arguments'] : JSON.stringify(part['arguments'] ?? '');
      calls.set(key, known);
    }
  }
  return {
    text,
    thinking,
    calls: [...calls.values()].map((call) => ({ name: call.name, args: parseArguments(call.text) })),
    finish,
    usage,
  };
}

/**
 * Checks a stream that a client got: one id, model and time on all chunks, the role first, calls numbered in order with id
 * and name in their first fragment alone, one finish, usage only when asked for and after it, and one [DONE] at the end.
 */
export function checkCompletionStream(body: string, asksUsage: boolean): readonly StreamEvent[] {
  const events = readStream(body).filter(({ comment }) => comment === null);
  expect(events.filter(({ isDone }) => isDone)).toHaveLength(1);
  expect(events.at(-1)?.isDone).toBe(true);
  const chunks = events.flatMap(({ json }) => (json === null ? [] : [json]));
  expect(new Set(chunks.map(({ id, model, created }) => JSON.stringify([id, model, created]))).size).toBe(1);
  for (const { object } of chunks) expect(object).toBe('chat.completion.chunk');
  const choices = chunks.flatMap(({ choices: list }) => recordsOf(list));
  expect(recordIn(choices[0]?.['delta'])['role']).toBe('assistant');
  expect(choices.filter(({ finish_reason: finish }) => typeof finish === 'string')).toHaveLength(1);
  expect(typeof choices.at(-1)?.['finish_reason']).toBe('string');
  checkFragments(choices.flatMap((choice) => recordsOf(recordIn(choice['delta'])['tool_calls'])));
  const counted = chunks.flatMap(({ usage }, place) =>
    usage === null || usage === undefined ? [] : [place],
  );
  expect(counted).toEqual(asksUsage ? [chunks.length - 1] : []);
  if (asksUsage) expect(chunks.at(-1)?.['choices']).toEqual([]);
  return events;
}

function checkFragments(fragments: readonly JsonRecord[]): void {
  let known = 0;
  for (const fragment of fragments) {
    const part = recordIn(fragment['function']);
    const isNew = fragment['index'] === known;
    if (isNew) known += 1;
    else expect(fragment['index']).toBe(known - 1);
    expect([typeof fragment['id'], typeof part['name']]).toEqual(
      isNew ? ['string', 'string'] : ['undefined', 'undefined'],
    );
    expect(typeof part['arguments']).toBe('string');
  }
}

/** Of several answers the first; their chunks come mixed. */
const firstOf = (document: JsonRecord): JsonRecord =>
  recordsOf(document['choices']).find(({ index }) => numberIn(index) === 0) ?? {};

const finishOf = (choice: JsonRecord): string | null =>
  typeof choice['finish_reason'] === 'string' && choice['finish_reason'] !== ''
    ? choice['finish_reason']
    : null;

/** Mistral writes parts, thoughts among them. */
function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  return recordsOf(content)
    .map((part) => (part['type'] === 'text' ? textIn(part['text']) : ''))
    .join('');
}

function thoughtsOf(message: JsonRecord): string {
  const named = textIn(message['reasoning_content']) || textIn(message['reasoning']);
  const parts = recordsOf(message['content']).filter(({ type }) => type === 'thinking');
  const spoken = parts.map((part) =>
    recordsOf(part['thinking'])
      .map(({ text }) => textIn(text))
      .join(''),
  );
  return named + spoken.join('');
}

const argumentsOf = (value: unknown): unknown =>
  typeof value === 'string' ? parseArguments(value) : (value ?? {});

/** Null where the document has none. */
function usageOf(document: JsonRecord): ToldUsage | null {
  const counts = countsIn(document);
  if (counts === null) return null;
  const { input, output, cachedInput: cached } = counts;
  const details = recordIn(recordIn(document['usage'])['prompt_tokens_details']);
  return { input, output, cached, written: numberIn(details['cache_write_tokens']) };
}
