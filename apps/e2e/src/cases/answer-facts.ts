// What an answer holds, gathered as a client would: from a document or from the deltas of a stream.
import { isRecord, type StreamEvent } from './expected-answer.js';
import type { CaseFacts, JsonRecord } from './recorded-case.js';

/** Thoughts in words, or signed (Gemini); encrypted ones say nothing to a client. */
const THINKING_KEYS = ['reasoning', 'reasoning_content', 'thought_signature'];

/** The facts of an answer, in the form that recordings have them. */
export function factsOfDocument(document: JsonRecord): Required<Omit<CaseFacts, 'cached_tokens'>> {
  return factsOf([document], 'message');
}

/** The facts of a stream: tool calls are those with an index of their own. */
export function factsOfStream(events: readonly StreamEvent[]): Required<Omit<CaseFacts, 'cached_tokens'>> {
  return factsOf(
    events.flatMap((event) => (event.json === null ? [] : [event.json])),
    'delta',
  );
}

function factsOf(
  documents: readonly JsonRecord[],
  part: 'message' | 'delta',
): Required<Omit<CaseFacts, 'cached_tokens'>> {
  const calls = new Set<unknown>();
  const finish = new Set<string>();
  let isThinking = false;
  for (const document of documents) {
    for (const choice of listOf(document['choices'])) {
      if (typeof choice['finish_reason'] === 'string') finish.add(choice['finish_reason']);
      const said = isRecord(choice[part]) ? choice[part] : {};
      for (const [place, call] of listOf(said['tool_calls']).entries()) {
        calls.add(part === 'delta' ? (call['index'] ?? place) : place);
      }
      isThinking ||=
        THINKING_KEYS.some((key) => hasText(said[key])) || listOf(said['content']).some(isThought);
      isThinking ||= typeof said['content'] === 'string' && said['content'].includes('<think');
    }
  }
  return { tool_calls: calls.size, finish: [...finish].sort(), thinking: isThinking };
}

const listOf = (value: unknown): JsonRecord[] => (Array.isArray(value) ? value.filter(isRecord) : []);
const hasText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isThought = (part: JsonRecord): boolean => part['type'] === 'thinking';
