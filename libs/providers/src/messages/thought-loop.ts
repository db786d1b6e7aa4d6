// With a budget to think with, Claude refuses a loop of tool calls that it did not begin by thinking.
import { asRecord } from '../wire/read-unknown.js';

/**
 * Whether the conversation ends inside a loop of calls and results in which no turn begins with thinking. One that
 * does is enough: without interleaved thinking Claude thinks at the beginning of a loop only.
 * @param messages of Anthropic's dialect, without unsigned thinking; neighbours of one role are one turn
 */
export function isLoopUnthought(messages: readonly unknown[]): boolean {
  let isLoop = false;
  let end = messages.length;
  while (end > 0) {
    const results = startOfTurn(messages, end, 'user');
    const calls = startOfTurn(messages, results, 'assistant');
    if (calls === results || !messages.slice(results, end).some(hasResult)) break;
    if (isThought(messages[calls])) return false;
    isLoop = true;
    end = calls;
  }
  return isLoop;
}

/** Index of the first message of the turn of this role before `end`; `end` when the one before is another's. */
function startOfTurn(messages: readonly unknown[], end: number, role: string): number {
  let start = end;
  while (start > 0 && asRecord(messages[start - 1])?.['role'] === role) start -= 1;
  return start;
}

const typesOf = (message: unknown): unknown[] => {
  const content = asRecord(message)?.['content'];
  return Array.isArray(content) ? content.map((block) => asRecord(block)?.['type']) : [];
};

const hasResult = (message: unknown): boolean => typesOf(message).includes('tool_result');

function isThought(message: unknown): boolean {
  const [first] = typesOf(message);
  return first === 'thinking' || first === 'redacted_thinking';
}
