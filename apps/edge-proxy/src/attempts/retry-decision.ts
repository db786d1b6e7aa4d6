// Pure: what a failure means for the walk and for the client.
import type { RetryConfig } from '@sluice/config-schema';
import { GatewayError } from '@sluice/contracts';
import { backoffMs } from '@sluice/resilience';
import type { AttemptFailure, PassedAnswer } from './attempt-failure.js';

/** Seconds that a client is told to wait when no provider gave a hint. */
const DEFAULT_RETRY_AFTER_SECONDS = 1;

/** What the client gets when the walk is over. */
export type FinalAnswer =
  /** The provider's own words: the client's fault, or our mapping's. */
  ({ readonly kind: 'pass' } & PassedAnswer) | { readonly kind: 'error'; readonly error: GatewayError };

/** How long a credential without money or quota is left alone when the provider names no time. */
const QUOTA_COOLDOWN_MS = 60_000;

/**
 * Whether anybody else is worth asking after this failure. A request that is itself at fault fails everywhere, unless
 * its model names another one for just that.
 * @param reroute goes over to that model; false when there is none
 */
export function isWorthMore(failure: AttemptFailure, reroute: () => boolean): boolean {
  return failure.fault !== 'client' || (failure.reroute !== null && reroute());
}

/**
 * How long the credential cools down: the provider's own time, else a backoff that grows with each rate limit in a row.
 * @returns milliseconds
 */
export function coolingMs(
  failure: AttemptFailure,
  rateLimitsInRow: number,
  by: { readonly retry: RetryConfig; readonly random: () => number },
): number {
  const hintMs = failure.retryAfterMs;
  if (failure.isQuota) return Math.max(hintMs ?? 0, QUOTA_COOLDOWN_MS);
  return hintMs ?? backoffMs(Math.min(rateLimitsInRow, MAX_DOUBLINGS), by.retry, by.random);
}

/** Far beyond every bound of a backoff. */
const MAX_DOUBLINGS = 30;

/** Beside those of a mapping's fault: the method is not allowed, or not implemented. */
const NO_ENDPOINT = new Set<number | null>([405, 501]);

/** Whether a provider that was asked for a count has none. Words of its dialect's own are about the model instead. */
export const hasNoCount = ({ fault, status, pass }: AttemptFailure): boolean =>
  (fault === 'mapping' || NO_ENDPOINT.has(status)) && pass?.isRelayed !== true;

/**
 * The answer after the last failure.
 * @param failures at least one, in order; the last decides
 * @param soonestMs until a route of the request may be called again; null when that is not known
 */
export function toFinalAnswer(
  model: string,
  failures: readonly AttemptFailure[],
  soonestMs: number | null,
): FinalAnswer {
  const last = failures.at(-1);
  if (last === undefined) return { kind: 'error', error: new GatewayError('all_providers_failed') };
  if (last.pass !== null) return { kind: 'pass', ...last.pass };
  return { kind: 'error', error: toError(model, last, soonestMs) };
}

function toError(model: string, last: AttemptFailure, soonestMs: number | null): GatewayError {
  const shown = JSON.stringify(model);
  switch (last.fault) {
    case 'credential':
      return new GatewayError('provider_credential_rejected');
    case 'limits':
      return new GatewayError('provider_rate_limited', {
        message: `Every provider of the model ${shown} is over its own limit. Try again later.`,
        retryAfterSeconds:
          soonestMs === null ? DEFAULT_RETRY_AFTER_SECONDS : Math.max(1, Math.ceil(soonestMs / 1000)),
      });
    // The first two have an answer to pass.
    case 'client':
    case 'mapping':
    case 'provider':
      return new GatewayError('all_providers_failed', {
        message: `Every route of the model ${shown} failed. The last reason: ${last.reason}.`,
      });
  }
}
