// What a message or a delta of an OpenAI-speaking server says, whichever of the known places it says it in.
import { asRecord, asText } from '../wire/read-unknown.js';
import { writeJson } from '../translate/exact-json.js';
import type { UnknownRecord } from '../translate/read-request.js';

/** Text and thinking of one message or delta; '' where there is none. */
export interface ChatWords {
  readonly text: string;
  readonly reasoning: string;
}

const NO_WORDS: ChatWords = { text: '', reasoning: '' };

/** Reads both. Mistral writes its thinking as parts of the content, others beside it, under either name. */
export function readChatWords(message: UnknownRecord): ChatWords {
  const { content } = message;
  const inside = Array.isArray(content) ? readParts(content) : NO_WORDS;
  const beside = asText(message['reasoning_content']) || asText(message['reasoning']);
  const text = typeof content === 'string' ? content : inside.text;
  return { text: text || asText(message['refusal']), reasoning: beside || inside.reasoning };
}

function readParts(parts: readonly unknown[]): ChatWords {
  let text = '';
  let reasoning = '';
  for (const item of parts) {
    const part = asRecord(item);
    if (part?.['type'] === 'thinking') reasoning += textOf(part['thinking']);
    else if (part?.['type'] === 'text') text += asText(part['text']);
  }
  return { text, reasoning };
}

/** A text, or a list of text parts. */
function textOf(value: unknown): string {
  if (!Array.isArray(value)) return asText(value);
  return value.map((item: unknown) => asText(asRecord(item)?.['text'])).join('');
}

const NO_CALLS: readonly unknown[] = [];
/** Keeps the one call of the old way apart from those that servers number. */
const OLD_INDEX = -1;

/** The items of `tool_calls`, and the old `function_call` as one more of them. */
export function readCalls(message: UnknownRecord): readonly unknown[] {
  const calls = message['tool_calls'];
  // Items are read as unknown values.
  const list = Array.isArray(calls) ? (calls as readonly unknown[]) : NO_CALLS;
  const old = asRecord(message['function_call']);
  return old === null ? list : [...list, { index: OLD_INDEX, function: old }];
}

/** Arguments of a call as text; some servers send the object itself. */
export function argumentsText(called: UnknownRecord): string {
  const value = called['arguments'];
  if (typeof value === 'string') return value;
  const record = asRecord(value);
  return record === null ? '' : (writeJson(record) ?? '');
}
