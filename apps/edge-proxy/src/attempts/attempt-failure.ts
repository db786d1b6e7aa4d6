import type { ErrorCode } from '@sluice/contracts';
import type { FailureFault } from '@sluice/resilience';

/** A call that ended without a byte of it having reached the client. */
export interface AttemptFailure {
  readonly fault: FailureFault;
  /** Our own words, safe for clients: never the provider's. */
  readonly reason: string;
  /** The code that says the same in our table. */
  readonly errorCode: ErrorCode;
  /** The provider's HTTP status, null when none arrived. */
  readonly status: number | null;
  /** The provider's body when it may go through to the client as it is, else null. */
  readonly body: Buffer | null;
  /** The provider's own words, for the event; masked before it is written. */
  readonly detail: string | null;
  /** How long the provider asks us to stay away, null when it does not say. */
  readonly retryAfterMs: number | null;
}
