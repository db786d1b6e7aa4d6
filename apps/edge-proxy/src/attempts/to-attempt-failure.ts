import { type ProviderFailure } from '@sluice/providers';
import { classifyFailure, parseRetryAfterMs, type RetryHintHeaders } from '@sluice/resilience';
import { type TransportFailure, type UpstreamHeaders } from '../upstream/transport.js';
import { type AttemptFailure } from './attempt-failure.js';

/** A call that the provider answered with an error. */
export function fromProviderFailure(
  failure: ProviderFailure,
  answer: { readonly headers: UpstreamHeaders; readonly body: Buffer | null; readonly nowMs: number },
): AttemptFailure {
  return {
    fault: classifyFailure(failure),
    reason: `it answered ${failure.status}`,
    errorCode: failure.errorCode,
    status: failure.status,
    body: failure.passable ? answer.body : null,
    detail: failure.message,
    retryAfterMs: parseRetryAfterMs(hintsOf(answer.headers), answer.nowMs),
  };
}

/** A call that broke on the way, or whose answer is of no use. */
export function fromProviderFault(reason: string, status: number | null): AttemptFailure {
  return {
    fault: 'provider',
    reason,
    errorCode: 'all_providers_failed',
    status,
    body: null,
    detail: null,
    retryAfterMs: null,
  };
}

/** A call that the network failed. */
export const fromTransportFailure = (failure: TransportFailure, status: number | null): AttemptFailure =>
  fromProviderFault(failure.message, status);

function hintsOf(headers: UpstreamHeaders): RetryHintHeaders {
  const text = (name: string): string | undefined => {
    const value = headers[name];
    return Array.isArray(value) ? value[0] : value;
  };
  return { 'retry-after': text('retry-after'), 'retry-after-ms': text('retry-after-ms') };
}
