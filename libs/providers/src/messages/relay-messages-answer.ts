import { fromAnthropicUsage } from '../anthropic/anthropic-usage.js';
import { readAnthropicErrorEvent } from '../anthropic/read-anthropic-failure.js';
import type { Answer, AnswerContext } from '../provider-adapter.js';
import { JsonProblem } from '../wire/json-problem.js';
import { MAX_PARSED_BYTES, parseJson } from '../wire/read-unknown.js';
import { type JsonSpans, RESPONSE_RULES, scanJson, WantedKeys } from '../wire/scan-json.js';
import { applySplices } from '../wire/splice.js';

const KEYS = new WantedKeys(['model', 'usage', 'error', 'content']);
const [MODEL, USAGE, ERROR, CONTENT] = [0, 1, 2, 3] as const;

/** Reads a whole answer for a client of the same dialect: the model's name is rewritten, every other byte stays. */
export function relayMessagesAnswer(bytes: Buffer, context: AnswerContext): Answer {
  const spans = scan(bytes);
  if (typeof spans === 'string') return { kind: 'garbage', reason: `the answer is not JSON: ${spans}` };
  // What is larger is no error and no usage, and would take minutes to parse.
  const textOf = (key: number): string =>
    spans.end(key) - spans.start(key) > MAX_PARSED_BYTES
      ? ''
      : bytes.toString('utf8', spans.start(key), spans.end(key));
  const failure = spans.has(ERROR) ? readAnthropicErrorEvent({ error: parseJson(textOf(ERROR)) }) : null;
  if (failure !== null) return { kind: 'failure', failure };
  if (!spans.has(CONTENT)) return { kind: 'garbage', reason: 'the answer has no "content"' };
  const model = { start: spans.start(MODEL), end: spans.end(MODEL), text: JSON.stringify(context.model) };
  return {
    kind: 'answer',
    body: applySplices(bytes, spans.has(MODEL) ? [model] : []),
    tokens: spans.has(USAGE) ? fromAnthropicUsage(parseJson(textOf(USAGE))) : null,
  };
}

/** Spans, or what is wrong. */
function scan(bytes: Buffer): JsonSpans | string {
  try {
    return scanJson(bytes, KEYS, RESPONSE_RULES);
  } catch (error) {
    if (error instanceof JsonProblem) return error.message;
    throw error;
  }
}
