import type { GarbageTexts } from '../faults/answer-garbage.js';
import type { OpenAiError } from './openai-error.js';

/** An error as it goes out. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
}

/** What a dialect decides about answers that are none. Errors are thought of in OpenAI's terms, which say the most. */
export interface Dialect {
  /** The header that names the request in every answer. */
  readonly requestIdHeader: 'x-request-id' | 'request-id';
  readonly toErrorAnswer: (error: OpenAiError, requestId: string) => ErrorAnswer;
  readonly garbage: GarbageTexts;
}
