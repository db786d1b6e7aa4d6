import { isUtf8 } from 'node:buffer';
import type { ErrorCode } from '@sluice/contracts';
import type { ProviderFailure } from '../provider-adapter.js';
import { asRecord, asText, parseJson } from '../wire/read-unknown.js';

const MAX_MESSAGE = 1024;
const QUOTA =
  /insufficient_quota|insufficient_balance|billing_hard_limit|exceeded your current quota|spend_limit|used all available credits/i;
const CREDENTIAL =
  /invalid_api_key|api_key_invalid|incorrect api key|invalid api key|api key (?:not valid|not found|expired)|no auth credentials/i;
const CONTEXT =
  /context_length_exceeded|maximum context length|context window|prompt is too long|prompt too long|too_many_prompt_tokens|too_many_tokens|input token count .* exceeds/i;

/** Reads the body of a refused call in any shape that OpenAI-speaking servers send. Never throws. */
export function readOpenAiFailure(status: number, bytes: Buffer): ProviderFailure {
  const text = bytes.toString('utf8', 0, Math.min(bytes.length, 64 * 1024));
  const parsed = parseJson(text);
  // Gemini's look-alike wraps its error in a list.
  const document = asRecord(Array.isArray(parsed) ? parsed[0] : parsed);
  const isPassable = asRecord(parsed) !== null && isUtf8(bytes);
  return fail(status, describe(document, `the provider answered ${status}`), isPassable);
}

/**
 * The error inside an answer whose status says 200: `{"error": {…}}`, `{"error": "text"}`, vLLM's flat
 * `{"object": "error", …}`, or an `error` in every choice.
 * @returns null when the document holds none
 */
export function readEmbeddedFailure(document: unknown): ProviderFailure | null {
  const root = asRecord(document);
  if (root === null) return null;
  if (isError(root['error']) || root['object'] === 'error') return readErrorEvent(root);
  const choices = Array.isArray(root['choices']) ? root['choices'].map(asRecord) : [];
  const [first] = choices;
  const areAllErrors = choices.length > 0 && choices.every((choice) => isError(choice?.['error']));
  return areAllErrors ? readErrorEvent({ error: first?.['error'] }) : null;
}

/** A document that is known to be an error, whatever is in it: the data of `event: error`. */
export function readErrorEvent(document: unknown): ProviderFailure {
  const root = asRecord(document);
  const words = describe(root, 'the provider answered with an error');
  const status = statusOf(asRecord(root?.['error']) ?? root);
  return fail(status, words, asRecord(root?.['error']) !== null);
}

const isError = (value: unknown): boolean =>
  asRecord(value) !== null || (typeof value === 'string' && value !== '');

interface Words {
  readonly message: string;
  readonly code: string;
}

function describe(document: Readonly<Record<string, unknown>> | null, otherwise: string): Words {
  if (document === null) return { message: otherwise, code: '' };
  const error = asRecord(document['error']);
  if (error !== null) {
    const code = asText(error['code']) || asText(error['type']);
    return { message: asText(error['message']) || otherwise, code };
  }
  const message = asText(document['error']) || asText(document['message']) || detailOf(document['detail']);
  return { message: message || otherwise, code: asText(document['code']) || asText(document['type']) };
}

/** `detail` is a sentence, or the list of problems that pydantic makes. */
function detailOf(detail: unknown): string {
  if (!Array.isArray(detail)) return asText(detail);
  return detail.map((item) => asText(asRecord(item)?.['msg'])).join('; ');
}

function statusOf(record: Readonly<Record<string, unknown>> | null): number {
  for (const key of ['status_code', 'status', 'code']) {
    const number = Number(record?.[key]);
    if (Number.isInteger(number) && number >= 400 && number <= 599) return number;
  }
  return 500;
}

function fail(status: number, { message, code }: Words, passable: boolean): ProviderFailure {
  const words = `${code} ${message}`;
  return {
    message: message.slice(0, MAX_MESSAGE),
    code: code.toLowerCase(),
    status,
    quotaExhausted: (status === 429 || status === 400) && QUOTA.test(words),
    credentialRejected: status === 400 && CREDENTIAL.test(words),
    errorCode: errorCodeOf(status, words),
    passable,
  };
}

function errorCodeOf(status: number, words: string): ErrorCode {
  if (status === 413) return 'request_too_large';
  if (status === 415) return 'unsupported_media_type';
  if (status === 404) return 'model_not_found';
  if (status === 400 && CONTEXT.test(words)) return 'context_length_exceeded';
  if (status === 429) return 'provider_rate_limited';
  if (status === 401 || status === 402 || status === 403) return 'provider_credential_rejected';
  return status < 500 ? 'invalid_request' : 'all_providers_failed';
}
