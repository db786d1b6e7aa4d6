import { isUtf8 } from 'node:buffer';
import type { ErrorCode } from '@sluice/contracts';
import type { ProviderFailure } from '../provider-adapter.js';
import { asRecord, asText, parseJson } from '../wire/read-unknown.js';

const MAX_MESSAGE = 1024;
const MAX_READ_BYTES = 64 * 1024;
const QUOTA =
  /credit balance is too low|billing_error|insufficient_quota|reached your specified api usage limits|spend limit/i;
const CREDENTIAL = /invalid x-api-key|invalid_api_key|invalid bearer token|authentication_error/i;
const CONTEXT =
  /prompt is too long|context window|exceed(?:s|ed)? (?:the )?context limit|input is too long|context_length_exceeded/i;

/** What an error type means as a status: inside a stream there is no other. */
const STATUS: ReadonlyMap<string, number> = new Map([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['conflict_error', 409],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['api_error', 500],
  ['timeout_error', 504],
  ['overloaded_error', 529],
]);

const CODES: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [401, 'provider_credential_rejected'],
  [402, 'provider_credential_rejected'],
  [403, 'provider_credential_rejected'],
  [404, 'model_not_found'],
  [413, 'request_too_large'],
  [415, 'unsupported_media_type'],
  [429, 'provider_rate_limited'],
]);

/**
 * Reads the body of a refused call. Never throws.
 * @param isSameDialect whether the client speaks Anthropic's dialect, so that the body may go through
 */
export function readAnthropicFailure(status: number, bytes: Buffer, isSameDialect: boolean): ProviderFailure {
  const document = asRecord(parseJson(bytes.toString('utf8', 0, Math.min(bytes.length, MAX_READ_BYTES))));
  const error = asRecord(document?.['error']);
  const message = asText(error?.['message']) || asText(document?.['error']) || asText(document?.['message']);
  return fail(status, codeIn(error), {
    message: message === '' ? `the provider answered ${status}` : message,
    // Look-alikes answer some paths in OpenAI's shape, which the client does not read.
    passable: isSameDialect && document?.['type'] === 'error' && error !== null && isUtf8(bytes),
  });
}

/** The error of an `error` event, or of a body whose status says 200; null when the document is none. */
export function readAnthropicErrorEvent(document: unknown): ProviderFailure | null {
  const root = asRecord(document);
  const error = asRecord(root?.['error']);
  if (root === null || (root['type'] !== 'error' && error === null)) return null;
  const type = codeIn(error);
  const message = asText(error?.['message']) || asText(root['error']);
  return fail(STATUS.get(type) ?? 500, type, {
    message: message === '' ? 'the provider answered with an error' : message,
    passable: false,
  });
}

/** Look-alikes say it in `code`. */
const codeIn = (error: Readonly<Record<string, unknown>> | null): string =>
  asText(error?.['code']) || asText(error?.['type']);

interface Words {
  readonly message: string;
  readonly passable: boolean;
}

function fail(status: number, type: string, words: Words): ProviderFailure {
  const text = `${type} ${words.message}`;
  return {
    message: words.message.slice(0, MAX_MESSAGE),
    code: type.toLowerCase(),
    status,
    // An empty account is a 400 here.
    quotaExhausted: (status === 400 || status === 429) && QUOTA.test(text),
    credentialRejected: status === 400 && CREDENTIAL.test(text),
    errorCode: codeOf(status, text),
    passable: words.passable,
  };
}

function codeOf(status: number, text: string): ErrorCode {
  if (status === 400 && CONTEXT.test(text)) return 'context_length_exceeded';
  if (status === 400 && QUOTA.test(text)) return 'provider_credential_rejected';
  return (
    CODES.get(status) ??
    (status < 500 && status !== 408 && status !== 409 ? 'invalid_request' : 'all_providers_failed')
  );
}
