import { ERROR_CODES, type ErrorCode } from '../errors/error-codes.js';

/** The JSON text of an error in OpenAI's dialect. */
export function toOpenAiErrorBody(code: ErrorCode, message: string, param: string | null): string {
  return JSON.stringify({ error: { message, type: ERROR_CODES[code].openaiType, param, code } });
}
