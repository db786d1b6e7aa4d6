// Why a single upstream call failed: `errorCode` of an attempt in the event, the log and the dashboard. Clients never see
// these; what they get is in error-codes.ts. docs/errors.md is compared with this table.
import { ERROR_CODES } from './error-codes.js';

/** One row. */
export interface AttemptErrorCodeRow {
  readonly meaning: string;
  /** What an operator can do. */
  readonly advice: string;
}

const row = (meaning: string, advice: string): AttemptErrorCodeRow => ({ meaning, advice });

export const ATTEMPT_ERROR_CODES = {
  provider_error: row(
    'The provider answered with a 5xx, 408 or 409, or with an error inside a 200.',
    'Nothing, if it is rare; else ask the provider.',
  ),
  provider_overloaded: row(
    'The provider said that it is overloaded (503 or 529).',
    'Add a route at another provider.',
  ),
  provider_rate_limited: row(
    'The provider answered 429: the credential is over its limits and is left alone for a while.',
    'Raise the limit at the provider, or add routes.',
  ),
  provider_quota_exhausted: row(
    "The credential's money or quota is gone; it is not tried again until its cooldown is over.",
    'Top up the account at the provider.',
  ),
  provider_credential_rejected: row(
    "The provider refused the gateway's credential (401, 402 or 403).",
    "Replace the provider's apiKey in the config.",
  ),
  connect_refused: row(
    "Nothing listens at the provider's address.",
    'Check baseUrl and whether the provider runs.',
  ),
  connect_timeout: row(
    'No connection within timeouts.connect.',
    'Check the network between the edge and the provider.',
  ),
  dns_failed: row("The provider's host name could not be resolved.", 'Check baseUrl and the resolver.'),
  tls_failed: row(
    'TLS with the provider failed: certificate or protocol.',
    "Check the provider's certificate and the clock of the edge.",
  ),
  address_blocked: row(
    "The provider's host resolves to an address that may not be dialled.",
    'Set allowPrivateNetwork if the address is meant.',
  ),
  connection_reset: row(
    'The connection broke before the answer was complete.',
    'Nothing, if it is rare; else look for proxies and idle timeouts in between.',
  ),
  first_token_timeout: row(
    'No content within timeouts.firstToken.',
    'Raise timeouts.firstToken for models that think long.',
  ),
  idle_timeout: row(
    'The answer stood still for longer than timeouts.idle.',
    'Raise timeouts.idle, or ask the provider.',
  ),
  deadline_exceeded: row(
    'The deadline of the request ended during this call.',
    'Raise timeouts.total or x-sluice-deadline-ms.',
  ),
  invalid_answer: row(
    'The answer is not what the API promises: bad JSON or SSE, no terminal marker, or over a limit.',
    "Check that baseUrl speaks the provider's type.",
  ),
  request_refused: row(
    "The provider refused the request itself; it would fail everywhere. The event's errorMessage has its words.",
    "Nothing: it is the client's to change.",
  ),
  model_not_found_at_provider: row(
    'The provider does not know the model (404 or 410).',
    "Check the route's model against the provider's list.",
  ),
  queue_timeout: row(
    'No free place at the provider within its queueTimeout, or its queue was full: nothing was sent.',
    "Raise the provider's maxConcurrency or queueTimeout.",
  ),
  client_closed_request: row('The client went away; the call was stopped.', 'Nothing.'),
  internal_error: row(
    'The gateway failed. The request id finds the reason in its log.',
    'Report it with the request id.',
  ),
} as const satisfies Record<string, AttemptErrorCodeRow>;

/** Why a single call failed. A refused request may have the more exact code of the main table instead. */
export type AttemptErrorCode = keyof typeof ATTEMPT_ERROR_CODES;

/**
 * What an attempt's `errorCode` means, for people; null for a code that this version does not know.
 * Codes of the main table are known too: events of older edges have only those.
 */
export function attemptErrorMeaning(code: string): string | null {
  const rows: Readonly<Record<string, { readonly meaning: string }>> = {
    ...ERROR_CODES,
    ...ATTEMPT_ERROR_CODES,
  };
  return Object.hasOwn(rows, code) ? (rows[code]?.meaning ?? null) : null;
}
