import type { ProviderConfig } from '@sluice/config-schema';
import type { AttemptErrorCode, ErrorCode } from '@sluice/contracts';
import type { ClientDialect, ProviderFailure } from '@sluice/providers';
import {
  classifyFailure,
  type FailureFault,
  parseRetryAfterMs,
  type RetryHintHeaders,
} from '@sluice/resilience';
import { ERROR_DIALECTS } from '../relay/error-dialects.js';
import type { TransportFailure, TransportFailureKind, UpstreamHeaders } from '../upstream/transport.js';
import type { AttemptFailure, PassedAnswer, RerouteReason } from './attempt-failure.js';
import type { Awaited } from './attempt-timer.js';

/** What came of a call, beside what the adapter reads in it. */
export interface FailedAnswer {
  /** The HTTP status: 200 when the error was inside an answer. */
  readonly status: number | null;
  readonly headers: UpstreamHeaders;
  /** Null when the client cannot get it, e.g. from the middle of a stream. */
  readonly body: Buffer | null;
  readonly nowMs: number;
  readonly dialect: ClientDialect;
  /** The client's label, for bodies that hold one. */
  readonly requestId: string;
  /** What the config says of this provider's errors. */
  readonly faults?: ProviderConfig['faults'];
}

/** What is not the request's fault has one code for each fault. */
const CODES: Partial<Record<FailureFault, ErrorCode>> = {
  credential: 'provider_credential_rejected',
  limits: 'provider_rate_limited',
  provider: 'all_providers_failed',
};

/** The provider, or the filter before it, will not speak of this: in codes and, where there is none, in words. */
const CONTENT_POLICY =
  /content_filter|content_policy|content_moderation|responsible_?ai_?policy|data_inspection_failed|invalid_prompt|prohibited_content|content filtering policy|content management policy|flagged as potentially violating/i;

/** A call that the provider answered with an error. */
export function fromProviderFailure(failure: ProviderFailure, answer: FailedAnswer): AttemptFailure {
  const fault = classifyFailure(failure, answer.faults);
  return {
    fault,
    reason: `it answered ${failure.status}`,
    errorCode: CODES[fault] ?? failure.errorCode,
    attemptCode: attemptCodeOf(failure, fault),
    status: answer.status,
    pass: fault === 'client' || fault === 'mapping' ? toPassedAnswer(failure, answer) : null,
    detail: failure.message,
    retryAfterMs: parseRetryAfterMs(hintsOf(answer.headers, fault), answer.nowMs),
    isSent: true,
    isOurs: false,
    scope: 'route',
    isQuota: isQuotaGone(failure),
    reroute: rerouteOf(failure, fault),
  };
}

/** 402 has no other meaning. */
const isQuotaGone = ({ quotaExhausted, status }: ProviderFailure): boolean =>
  quotaExhausted || status === 402;

function attemptCodeOf(failure: ProviderFailure, fault: FailureFault): AttemptFailure['attemptCode'] {
  switch (fault) {
    case 'client':
      // What the main table says more exactly than "it was refused".
      return failure.errorCode === 'invalid_request' ? 'request_refused' : failure.errorCode;
    case 'credential':
      return isQuotaGone(failure) ? 'provider_quota_exhausted' : 'provider_credential_rejected';
    case 'mapping':
      return 'model_not_found_at_provider';
    case 'limits':
      return 'provider_rate_limited';
    case 'provider':
      return failure.status === 503 || failure.status === 529 ? 'provider_overloaded' : 'provider_error';
  }
}

function rerouteOf(failure: ProviderFailure, fault: FailureFault): RerouteReason | null {
  if (failure.errorCode === 'context_length_exceeded') return 'contextWindow';
  const isPolicy = fault === 'client' && CONTENT_POLICY.test(`${failure.code} ${failure.message}`);
  return isPolicy ? 'contentPolicy' : null;
}

/** The provider's own answer where the client can read it; else its status and words in the client's dialect. */
function toPassedAnswer(failure: ProviderFailure, answer: FailedAnswer): PassedAnswer {
  const { status, body, dialect, requestId } = answer;
  const words = ERROR_DIALECTS[dialect];
  const event = words.toFailureEvent(failure, requestId);
  if (failure.passable && body !== null && status !== null) return { status, body, event, isRelayed: true };
  const said = words.toFailureBody(failure, requestId);
  return { status: failure.status, body: said, event, isRelayed: false };
}

/** What a provider did that is no answer. */
type FaultCode = Extract<
  AttemptErrorCode,
  'invalid_answer' | 'first_token_timeout' | 'idle_timeout' | 'connection_reset'
>;

/** A call that broke on the way, or whose answer is of no use. */
export function fromProviderFault(
  reason: string,
  status: number | null,
  attemptCode: FaultCode = 'invalid_answer',
): AttemptFailure {
  return {
    fault: 'provider',
    reason,
    errorCode: 'all_providers_failed',
    attemptCode,
    status,
    pass: null,
    detail: null,
    retryAfterMs: null,
    isSent: true,
    isOurs: false,
    scope: 'route',
    isQuota: false,
    reroute: null,
  };
}

/** A call that stood still: the timer is named as in the config. */
export const toTimeoutFailure = (awaited: Awaited, afterMs: number, status: number | null): AttemptFailure =>
  awaited === 'idle'
    ? fromProviderFault(`nothing came for ${afterMs} ms (timeouts.idle)`, status, 'idle_timeout')
    : fromProviderFault(
        `${missing(status)} within ${afterMs} ms (timeouts.firstToken)`,
        status,
        'first_token_timeout',
      );

const missing = (status: number | null): string => (status === null ? 'no answer' : 'no content');

const TRANSPORT_CODES: Readonly<Record<TransportFailureKind, AttemptErrorCode>> = {
  connect: 'connect_refused',
  refused: 'connect_refused',
  dns: 'dns_failed',
  tls: 'tls_failed',
  address_blocked: 'address_blocked',
  connect_timeout: 'connect_timeout',
  reset: 'connection_reset',
  protocol: 'invalid_answer',
  aborted: 'connection_reset',
};

/** What speaks of the whole provider, whichever of its models was asked for. */
const PROVIDER_WIDE = new Set<TransportFailureKind>(['refused', 'dns', 'tls']);

/** A call that the network failed. */
export function fromTransportFailure(
  failure: TransportFailure,
  call: { readonly status: number | null; readonly connectTimeoutMs: number },
): AttemptFailure {
  const reason =
    failure.kind === 'connect_timeout'
      ? `no connection within ${call.connectTimeoutMs} ms (timeouts.connect)`
      : failure.message;
  return {
    ...fromProviderFault(reason, call.status),
    attemptCode: TRANSPORT_CODES[failure.kind],
    detail: failure.detail ?? null,
    isSent: failure.isSent,
    isOurs: failure.isOurs ?? false,
    scope: PROVIDER_WIDE.has(failure.kind) ? 'provider' : 'route',
  };
}

/** The reset times of limits stand in every answer of some providers; only a 429 says that they are what failed. */
const hintsOf = (headers: UpstreamHeaders, fault: FailureFault): RetryHintHeaders =>
  fault === 'limits'
    ? headers
    : { 'retry-after': headers['retry-after'], 'retry-after-ms': headers['retry-after-ms'] };
