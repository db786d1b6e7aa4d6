import type { AnswerContext, StreamContext } from '../provider-adapter.js';

/** What a made answer needs beside the provider's own words. Optional, so that any context will do. */
export interface MadeAnswer {
  /** Seconds since the epoch for `created`, which Anthropic does not say; 0 when absent. */
  readonly createdSeconds?: number;
  /** For an answer whose provider gave it no id, e.g. the event's id. */
  readonly answerId?: string;
}

export type TranslatedAnswerContext = AnswerContext & MadeAnswer;
export type TranslatedStreamContext = StreamContext & MadeAnswer;

/** The id of a made answer: the provider's own, so that it can be found there, behind the dialect's prefix. */
export function toAnswerId(prefix: string, id: unknown, context: MadeAnswer): string {
  const own = typeof id === 'string' && id !== '' ? id : (context.answerId ?? 'unknown');
  return own.startsWith(prefix) ? own : `${prefix}${own}`;
}
