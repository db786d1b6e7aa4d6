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

/** Gives the `tool_use` blocks of one answer their ids: no two the same, however the provider numbers its calls. */
export class ToolUseIds {
  readonly #given = new Set<string>();

  /** How many were given. */
  get count(): number {
    return this.#given.size;
  }

  /** The provider's own where it gives one that no block before has, else one that only this answer has. */
  give(id: string, answerId: string): string {
    const own = id === '' ? '' : toToolCallId(id, 'toolu_');
    const isFree = own !== '' && !this.#given.has(own);
    const given = isFree ? own : toToolCallId(`${answerId}/${this.#given.size}`, 'toolu_');
    this.#given.add(given);
    return given;
  }
}
