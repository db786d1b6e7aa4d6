// What a fault does to one answer. A fault is written as text (see parse-fault.ts); every effect here is plain data.

/** What the answer says instead of an answer, when a fault refuses the request. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Adds a `retry-after` date so many seconds after the answer. */
  readonly retryAfterDateSeconds?: number;
  readonly type: string;
  readonly code: string | null;
  readonly message: string;
}

/** How an answer is made unreadable. */
export const GARBAGE_KINDS = ['json', 'sse', 'utf8', 'html', 'empty', 'truncated'] as const;
export type GarbageKind = (typeof GARBAGE_KINDS)[number];

/** The sum of the faults of one request. What is absent does not happen. */
export interface FaultPlan {
  /** Wait before the status line. */
  readonly delayMs?: number;
  /** Streams: wait between the first chunk (the role) and the first token. Plain answers: before the body. */
  readonly firstTokenMs?: number;
  readonly refusal?: Refusal;
  /** The connection ends without one byte. */
  readonly drop?: boolean;
  /** The connection ends after so many bytes of the body. */
  readonly cut?: { readonly afterBytes: number; readonly reset: boolean };
  /** The body pauses after so many bytes; without `forMs` for ever. */
  readonly stall?: { readonly afterBytes: number; readonly forMs?: number };
  readonly garbage?: GarbageKind;
  /** Replaces the content type of a good answer. */
  readonly contentType?: string;
  /** Streams: an error event after so many tokens, then the end without [DONE]. */
  readonly errorEvent?: { readonly afterTokens: number; readonly named: boolean };
  /** Streams: a clean end of the body after so many tokens, without a finish reason. */
  readonly endAfterTokens?: number;
  readonly withoutDone?: boolean;
  readonly withoutUsage?: boolean;
  /** What happens to new connections once this request has been answered. */
  readonly connections?: ConnectionFault;
}

/** A fault below HTTP, for all callers of this process. */
export type ConnectionFault =
  | { readonly kind: 'slow'; readonly forMs: number; readonly next: number }
  | { readonly kind: 'refuse'; readonly forMs: number };

/** One parsed fault. The last two decide for each request whether the fault inside them happens. */
export type Fault =
  | { readonly kind: 'effect'; readonly text: string; readonly plan: FaultPlan }
  | { readonly kind: 'fail-first'; readonly text: string; readonly times: number; readonly inner: Fault }
  | {
      readonly kind: 'random';
      readonly text: string;
      readonly probability: number;
      readonly seed: number;
      readonly inner: Fault;
    };

/** A plan in which nothing happens. */
export const NO_FAULTS: FaultPlan = Object.freeze({});

/** True when the answer has to be written piece by piece, because its bytes are counted or paused. */
export const countsBytes = (plan: FaultPlan): boolean => plan.cut !== undefined || plan.stall !== undefined;
