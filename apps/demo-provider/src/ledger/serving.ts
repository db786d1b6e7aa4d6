/** How a serving came to its end. */
export type ServingEnd = 'complete' | 'client_gone' | 'fault';

/** One answer of the provider to one call, as the ledger keeps it. Times are ISO 8601, sizes bytes of the answer's body. */
export interface Serving {
  /** 1, 2, 3, … in the order of ending; the cursor of `GET /ledger?after=`. */
  readonly seq: number;
  readonly attemptId: string;
  /** As requested; empty when the body could not be read. */
  readonly model: string;
  readonly endpoint: string;
  readonly stream: boolean;
  readonly startedAt: string;
  readonly endedAt: string;
  /** 0 when no status line was sent. */
  readonly status: number;
  /** Counted when generation began; 0 for a refused request. */
  readonly promptTokens: number;
  /** What had been generated when the serving ended, reasoning included. */
  readonly completionTokens: number;
  readonly bytesSent: number;
  readonly ended: ServingEnd;
  /** The faults that happened to it, as text; `killed` when this process died under it. */
  readonly fault: string | null;
}

/** A serving that goes on: the same facts, still changing. The ledger reads it at the end. */
export interface OpenServing {
  readonly attemptId: string;
  readonly startedAt: string;
  model: string;
  endpoint: string;
  stream: boolean;
  status: number;
  promptTokens: number;
  completionTokens: number;
  bytesSent: number;
  ended: ServingEnd;
  fault: string | null;
}

/** Counts and sums of some servings. */
export interface ServingSums {
  readonly servings: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly bytesSent: number;
}

/** What `GET /ledger/totals` says about everything since the ledger was begun or cleared. */
export interface LedgerTotals {
  readonly all: ServingSums;
  readonly complete: ServingSums;
  /** Complete and answered 200: what a caller can have been charged for. */
  readonly succeeded: ServingSums;
  readonly clientGone: ServingSums;
  readonly fault: ServingSums;
  readonly open: number;
  /** Among the servings that are still kept. */
  readonly distinctAttemptIds: number;
  readonly distinctAttemptIdsExact: boolean;
  /** Oldest servings whose lines had to go; their sums stay. */
  readonly forgotten: number;
  /** Lines that could not be written. Anything but 0 means that this ledger is no oracle. */
  readonly writeErrors: number;
}
