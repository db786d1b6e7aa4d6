// Whose fault an upstream failure is. The walk and the client's answer follow from this alone.

/** Who has to change something before the same call can succeed. */
export type FailureFault =
  /** The request itself: not retried, the provider's answer goes to the client. */
  | 'client'
  /** Our credential at the provider: next route; the client never sees the provider's words. */
  | 'credential'
  /** Our mapping of the model or path: next route, else the provider's answer. */
  | 'mapping'
  /** The provider's limits: the credential cools down; next route. */
  | 'limits'
  /** The provider: next route. */
  | 'provider';

/** What is known of a failed call that got an HTTP answer. */
export interface AnsweredFailure {
  readonly status: number;
  /** `error.code` or `error.type` of the body in lower case, empty when there is none. */
  readonly code: string;
  /** The provider says that the credential's quota or money is used up. */
  readonly quotaExhausted: boolean;
  /** The provider says that the credential itself is bad, whatever the status (some answer 400). */
  readonly credentialRejected: boolean;
}

const NOTHING_SAID: Readonly<Record<string, FailureFault>> = {};

const CLIENT_STATUS = new Set([
  400, 405, 406, 411, 412, 413, 414, 415, 416, 417, 421, 422, 424, 426, 428, 431, 451,
]);
const CREDENTIAL_STATUS = new Set([401, 402, 403]);
const MAPPING_STATUS = new Set([404, 410]);

/**
 * Classifies an answered failure; total over all statuses: what is not named is the provider's fault.
 * @param said what an operator says of this provider, by code or status; goes before everything else
 */
export function classifyFailure(
  failure: AnsweredFailure,
  said: Readonly<Record<string, FailureFault>> = NOTHING_SAID,
): FailureFault {
  const own = Object.hasOwn(said, failure.code) ? said[failure.code] : said[failure.status];
  if (own !== undefined) return own;
  if (failure.credentialRejected || failure.quotaExhausted) return 'credential';
  if (CREDENTIAL_STATUS.has(failure.status)) return 'credential';
  if (failure.status === 429) return 'limits';
  if (MAPPING_STATUS.has(failure.status)) return 'mapping';
  if (CLIENT_STATUS.has(failure.status)) return 'client';
  return 'provider';
}
