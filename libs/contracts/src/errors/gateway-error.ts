import { ERROR_CODES, type ErrorCode } from './error-codes.js';

/** What a {@link GatewayError} may carry beside its code. */
export interface GatewayErrorOptions {
  /** Replaces the table's sentence. Must be safe for a client: no secret, no provider body. */
  readonly message?: string;
  /** The request field at fault, e.g. `model`; OpenAI's `error.param`. */
  readonly param?: string;
  /** Seconds until a retry can make sense; becomes `retry-after`. */
  readonly retryAfterSeconds?: number;
  readonly cause?: unknown;
}

/** The one error class of the data plane: a code from the table and what it takes to answer with it. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly retryAfterSeconds: number | null;

  constructor(code: ErrorCode, options: GatewayErrorOptions = {}) {
    super(options.message ?? ERROR_CODES[code].meaning, { cause: options.cause });
    this.code = code;
    this.param = options.param ?? null;
    this.retryAfterSeconds = options.retryAfterSeconds ?? null;
  }

  /** HTTP status for the client. */
  get status(): number {
    return ERROR_CODES[this.code].status;
  }

  /** Whether the same request may succeed later without a change. */
  get retryable(): boolean {
    return ERROR_CODES[this.code].retryable;
  }
}
