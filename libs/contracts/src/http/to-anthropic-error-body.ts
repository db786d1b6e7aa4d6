import { ERROR_CODES, type ErrorCode } from '../errors/error-codes.js';

/** What an error in Anthropic's dialect says beside its code. */
export interface AnthropicErrorWords {
  readonly message: string;
  /** Null while there is none; also goes into the header `request-id`. */
  readonly requestId: string | null;
}

/** The JSON text of an error in Anthropic's dialect. Our own code travels as `error.code`, which its SDKs ignore. */
export function toAnthropicErrorBody(code: ErrorCode, words: AnthropicErrorWords): string {
  return JSON.stringify({
    type: 'error',
    error: { type: ERROR_CODES[code].anthropicType, message: words.message, code },
    request_id: words.requestId,
  });
}

/** The same as the event that ends a begun stream. The `event:` line is mandatory: SDKs skip events without it. */
export const toAnthropicErrorEvent = (code: ErrorCode, words: AnthropicErrorWords): string =>
  `event: error\ndata: ${toAnthropicErrorBody(code, words)}\n\n`;
