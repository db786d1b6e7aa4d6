import type { AttemptErrorCode, ErrorCode } from '@sluice/contracts';
import type { FailureFault } from '@sluice/resilience';
import type { PassedAnswer } from '../relay/relay-answer.js';

export type { PassedAnswer };

/** A call that ended without a byte of it having reached the client. */
export interface AttemptFailure {
  readonly fault: FailureFault;
  /** Our own words, safe for clients: never the provider's. */
  readonly reason: string;
  /** The code that says the same in the table of what clients see: how a request ends that this failure decides. */
  readonly errorCode: ErrorCode;
  /** The attempt's own code, for its record: a client never sees it. */
  readonly attemptCode: AttemptErrorCode | ErrorCode;
  /** The provider's HTTP status, null when none arrived. */
  readonly status: number | null;
  /** Null unless the fault is the client's or our mapping's. */
  readonly pass: PassedAnswer | null;
  /** The provider's own words, for the event; masked before it is written. */
  readonly detail: string | null;
  /** How long the provider asks us to stay away, null when it does not say. */
  readonly retryAfterMs: number | null;
  /** False when nothing of the request can have reached the provider: trying again is not a repeat. */
  readonly isSent: boolean;
  /** Our own machine or process was at its limit: no breaker hears of it. */
  readonly isOurs: boolean;
  /** Whose breaker hears of a fault of the provider's: a refused connection, DNS and TLS speak of all its models. */
  readonly scope: 'route' | 'provider';
  /** The credential's money or quota is gone: it is not tried again until the cooldown is over. */
  readonly isQuota: boolean;
  /** The kind of the client's fault that a model's `fallbacksOn` can catch. */
  readonly reroute: RerouteReason | null;
}

/** The keys of a model's `fallbacksOn`. */
export type RerouteReason = 'contextWindow' | 'contentPolicy';
