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

/**
 * An id for a call that came without one: a conversation must not hold two calls of one id.
 * @param answerId an id that no other answer has, whatever the provider says
 * @param index of the call in its answer
 */
export const makeToolCallId = (prefix: string, answerId: string, index: number): string =>
  toToolCallId(`${answerId}/${index}`, prefix);

/** Gives the `tool_use` blocks of one answer their ids: no two the same, however the provider numbers its calls. */
export class ToolUseIds {
  readonly #answerId: string;
  readonly #given = new Set<string>();

  /** @param answerId an id that no other answer has, whatever the provider says */
  constructor(answerId: string) {
    this.#answerId = answerId;
  }

  /** How many were given. */
  get count(): number {
    return this.#given.size;
  }

  /** The provider's own where it gives one that no block before has, else one that only this answer has. */
  give(id: string): string {
    const own = id === '' ? '' : toToolCallId(id, 'toolu_');
    const isFree = own !== '' && !this.#given.has(own);
    const given = isFree ? own : makeToolCallId('toolu_', this.#answerId, this.#given.size);
    this.#given.add(given);
    return given;
  }
}
