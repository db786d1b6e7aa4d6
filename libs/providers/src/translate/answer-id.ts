import type { AnswerContext } from '../provider-adapter.js';

/** The id of a made answer: the provider's own, so that it can be found there, behind the dialect's prefix. */
export function toAnswerId(prefix: string, id: unknown, context: AnswerContext): string {
  const own = typeof id === 'string' && id !== '' ? id : context.answerId;
  return own.startsWith(prefix) ? own : `${prefix}${own}`;
}
