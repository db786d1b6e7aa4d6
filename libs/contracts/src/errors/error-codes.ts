// The one table of errors that a client of the data plane can meet. docs/errors.md is compared with it.

/** One row: what a client sees when the edge itself answers with this error. */
export interface ErrorCodeRow {
  /** HTTP status. 499 is only ever logged: the client is gone. */
  readonly status: number;
  /** `error.type` in OpenAI's dialect. */
  readonly openaiType: string;
  /** `error.type` in Anthropic's dialect. */
  readonly anthropicType: string;
  /** Whether the same request may succeed later without a change. */
  readonly retryable: boolean;
  /** What it means and what to do, for docs and for a message that has nothing better to say. */
  readonly meaning: string;
}

const row = (
  status: number,
  openaiType: string,
  anthropicType: string,
  retryable: boolean,
  meaning: string,
): ErrorCodeRow => ({ status, openaiType, anthropicType, retryable, meaning });

const BAD = 'invalid_request_error';

export const ERROR_CODES = {
  invalid_json: row(400, BAD, BAD, false, 'The body is not strict JSON in UTF-8. The message says where.'),
  invalid_request: row(
    400,
    BAD,
    BAD,
    false,
    'A field is missing, of the wrong kind or not allowed. The message names it.',
  ),
  context_length_exceeded: row(
    400,
    BAD,
    BAD,
    false,
    'The prompt is longer than the model can take. Shorten it or use a larger model.',
  ),
  invalid_api_key: row(
    401,
    'authentication_error',
    'authentication_error',
    false,
    'The API key is missing or not known. Send it as "Authorization: Bearer <key>".',
  ),
  model_not_allowed: row(
    403,
    'permission_error',
    'permission_error',
    false,
    'The key may not use this model. GET /v1/models lists what it may use.',
  ),
  model_not_found: row(
    404,
    BAD,
    'not_found_error',
    false,
    'No model or alias has this name. GET /v1/models lists what there is.',
  ),
  unknown_route: row(404, BAD, 'not_found_error', false, 'There is no such endpoint here.'),
  method_not_allowed: row(
    405,
    BAD,
    BAD,
    false,
    'The endpoint exists but not with this method. The Allow header says which it takes.',
  ),
  idempotency_in_progress: row(409, BAD, BAD, true, 'A request with this idempotency key is still running.'),
  request_too_large: row(
    413,
    BAD,
    'request_too_large',
    false,
    'The body is larger than server.maxRequestBodyMb.',
  ),
  unsupported_media_type: row(
    415,
    BAD,
    BAD,
    false,
    'Send the body as application/json, without content encoding.',
  ),
  idempotency_mismatch: row(422, BAD, BAD, false, 'The idempotency key was used before with another body.'),
  rate_limit_exceeded: row(
    429,
    'rate_limit_error',
    'rate_limit_error',
    true,
    'The key or its team is over its rate. Retry-After says when to try again.',
  ),
  concurrency_limit_exceeded: row(
    429,
    'rate_limit_error',
    'rate_limit_error',
    true,
    'The key or its team has too many requests in flight.',
  ),
  budget_exceeded: row(
    429,
    'insufficient_quota',
    'rate_limit_error',
    false,
    'The key or its team has spent its budget for this period.',
  ),
  provider_rate_limited: row(
    429,
    'rate_limit_error',
    'rate_limit_error',
    true,
    'Every provider of this model is over its own limit. Retry-After says when to try again.',
  ),
  client_closed_request: row(
    499,
    'client_error',
    'api_error',
    false,
    'The client went away before the answer was complete. Only logged.',
  ),
  internal_error: row(
    500,
    'server_error',
    'api_error',
    true,
    'The gateway failed this request. The request id finds the reason in its log.',
  ),
  all_providers_failed: row(
    502,
    'server_error',
    'api_error',
    true,
    'Every route of this model failed. The message gives the last reason.',
  ),
  provider_credential_rejected: row(
    502,
    'server_error',
    'api_error',
    false,
    "The provider refused the gateway's own credential. An operator has to act.",
  ),
  overloaded: row(
    503,
    'server_error',
    'overloaded_error',
    true,
    'The gateway is shedding load. Retry-After says when to try again.',
  ),
  no_healthy_route: row(
    503,
    'server_error',
    'overloaded_error',
    true,
    'Every route of this model is held back by its circuit breaker.',
  ),
  limiter_unavailable: row(
    503,
    'server_error',
    'api_error',
    true,
    'A limit must be checked and cannot be checked now.',
  ),
  keys_stale: row(503, 'server_error', 'api_error', true, 'The key snapshot is older than keySync.maxStale.'),
  deadline_exceeded: row(
    504,
    'server_error',
    'timeout_error',
    true,
    'The deadline of the request ended before an answer.',
  ),
  stream_interrupted: row(
    502,
    'server_error',
    'api_error',
    true,
    'A stream that had begun broke. Sent inside the stream, after which it ends without a terminal marker.',
  ),
} as const satisfies Record<string, ErrorCodeRow>;

/** A stable `error.code` of the data plane. */
export type ErrorCode = keyof typeof ERROR_CODES;
