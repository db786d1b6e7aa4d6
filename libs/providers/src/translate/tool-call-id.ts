import { createHash } from 'node:crypto';

/** Anthropic takes these characters; OpenAI takes them too, but no more than 40. */
const PLAIN = /^[a-zA-Z0-9_-]{1,40}$/;

/**
 * A tool call's id that every dialect takes. Foreign ones are hashed, so that a call and its result keep
 * matching within a conversation without anything being remembered.
 * @param prefix e.g. `toolu_`
 */
export function toToolCallId(id: string, prefix: string): string {
  if (PLAIN.test(id)) return id;
  return `${prefix}${createHash('sha256').update(id).digest('hex').slice(0, 24)}`;
}

/** An id for Anthropic's `tool_use`: the provider's own where it gives one, else one that only this answer has. */
export const toToolUseId = (id: string, answerId: string, index: number): string =>
  toToolCallId(id === '' ? `${answerId}/${index}` : id, 'toolu_');
