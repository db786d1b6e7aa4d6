/** An error in OpenAI's words, before it is written. */
export interface OpenAiError {
  readonly status: number;
  readonly type: string;
  readonly message: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** An error of the caller: 400 `invalid_request_error` unless told otherwise. */
export function invalidRequest(
  message: string,
  param: string | null,
  other: Partial<OpenAiError> = {},
): OpenAiError {
  return { status: 400, type: 'invalid_request_error', message, param, code: null, ...other };
}

/** The JSON text of an error's body. */
export function toErrorBody({ message, type, param, code }: Omit<OpenAiError, 'status'>): string {
  return JSON.stringify({ error: { message, type, param, code } });
}
