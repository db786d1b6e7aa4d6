// A provider's refusal in the client's dialect: its status and words are kept where the fault is the client's.
import type { ProviderFailure } from '../provider-adapter.js';

interface FailureTypes {
  readonly openai: string;
  readonly anthropic: string;
}

const BY_STATUS: ReadonlyMap<number, FailureTypes> = new Map([
  [401, { openai: 'authentication_error', anthropic: 'authentication_error' }],
  [402, { openai: 'insufficient_quota', anthropic: 'billing_error' }],
  [403, { openai: 'permission_error', anthropic: 'permission_error' }],
  [404, { openai: 'invalid_request_error', anthropic: 'not_found_error' }],
  [408, { openai: 'server_error', anthropic: 'timeout_error' }],
  [409, { openai: 'invalid_request_error', anthropic: 'conflict_error' }],
  [413, { openai: 'invalid_request_error', anthropic: 'request_too_large' }],
  [429, { openai: 'rate_limit_error', anthropic: 'rate_limit_error' }],
  [503, { openai: 'server_error', anthropic: 'overloaded_error' }],
  [504, { openai: 'server_error', anthropic: 'timeout_error' }],
  [529, { openai: 'server_error', anthropic: 'overloaded_error' }],
]);

function typesOf(status: number): FailureTypes {
  const known = BY_STATUS.get(status);
  if (known !== undefined) return known;
  return status < 500
    ? { openai: 'invalid_request_error', anthropic: 'invalid_request_error' }
    : { openai: 'server_error', anthropic: 'api_error' };
}

/** The error of another dialect's provider, for a client of OpenAI's. */
export function toOpenAiFailureBody(failure: ProviderFailure): Buffer {
  const { message, status, errorCode } = failure;
  return Buffer.from(
    JSON.stringify({ error: { message, type: typesOf(status).openai, param: null, code: errorCode } }),
  );
}

/** The error of another dialect's provider, for a client of Anthropic's. */
export function toAnthropicFailureBody(failure: ProviderFailure, requestId: string): Buffer {
  const error = { type: typesOf(failure.status).anthropic, message: failure.message };
  return Buffer.from(JSON.stringify({ type: 'error', error, request_id: requestId }));
}
