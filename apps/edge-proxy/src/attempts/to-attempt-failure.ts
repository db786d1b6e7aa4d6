import type { ErrorCode } from '@sluice/contracts';
import type { ClientDialect, ProviderFailure } from '@sluice/providers';
import {
  classifyFailure,
  type FailureFault,
  parseRetryAfterMs,
  type RetryHintHeaders,
} from '@sluice/resilience';
import { ERROR_DIALECTS } from '../relay/error-dialects.js';
import type { TransportFailure, UpstreamHeaders } from '../upstream/transport.js';
import type { AttemptFailure, PassedAnswer, RerouteReason } from './attempt-failure.js';

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
}

/** What is not the request's fault has one code for each fault. */
const CODES: Partial<Record<FailureFault, ErrorCode>> = {
  credential: 'provider_credential_rejected',
  limits: 'provider_rate_limited',
  provider: 'all_providers_failed',
};

const REROUTES: Partial<Record<ErrorCode, RerouteReason>> = {
  context_length_exceeded: 'contextWindow',
};

/** A call that the provider answered with an error. */
export function fromProviderFailure(failure: ProviderFailure, answer: FailedAnswer): AttemptFailure {
  const fault = classifyFailure(failure);
  return {
    fault,
    reason: `it answered ${failure.status}`,
    errorCode: CODES[fault] ?? failure.errorCode,
    status: answer.status,
    pass: fault === 'client' || fault === 'mapping' ? toPassedAnswer(failure, answer) : null,
    detail: failure.message,
    retryAfterMs: parseRetryAfterMs(hintsOf(answer.headers), answer.nowMs),
    isSent: true,
    scope: 'route',
    isQuota: failure.quotaExhausted,
    reroute: REROUTES[failure.errorCode] ?? null,
  };
}

/** The provider's own answer where the client can read it; else its status and words in the client's dialect. */
function toPassedAnswer(failure: ProviderFailure, answer: FailedAnswer): PassedAnswer {
  const { status, body, dialect, requestId } = answer;
  if (failure.passable && body !== null && status !== null) return { status, body, isRelayed: true };
  const said = ERROR_DIALECTS[dialect].toFailureBody(failure, requestId);
  return { status: failure.status, body: said, isRelayed: false };
}

/** A call that broke on the way, or whose answer is of no use. */
export function fromProviderFault(reason: string, status: number | null): AttemptFailure {
  return {
    fault: 'provider',
    reason,
    errorCode: 'all_providers_failed',
    status,
    pass: null,
    detail: null,
    retryAfterMs: null,
    isSent: true,
    scope: 'route',
    isQuota: false,
    reroute: null,
  };
}

/** What speaks of the whole provider, whichever of its models was asked for. */
const PROVIDER_WIDE = new Set<TransportFailure['kind']>(['refused', 'dns', 'tls']);

/** A call that the network failed. */
export const fromTransportFailure = (failure: TransportFailure, status: number | null): AttemptFailure => ({
  ...fromProviderFault(failure.message, status),
  detail: failure.detail ?? null,
  isSent: failure.isSent,
  scope: PROVIDER_WIDE.has(failure.kind) ? 'provider' : 'route',
});

function hintsOf(headers: UpstreamHeaders): RetryHintHeaders {
  const text = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  return { 'retry-after': text('retry-after'), 'retry-after-ms': text('retry-after-ms') };
}
