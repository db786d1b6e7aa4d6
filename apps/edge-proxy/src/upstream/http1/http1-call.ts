import type { ResponseHead } from './response-head.js';
import type { TransportFailure, UpstreamCall, UpstreamListener } from '../transport.js';

/** What a call may ask of the connection that carries it. */
export interface CallCarrier {
  /** Whether a byte of the call's request was handed to a connection that was made. */
  readonly isSent: boolean;
  /** Closes the connection at once, without a word to the call. */
  destroy(): void;
  pause(): void;
  resume(): void;
}

/** Where errors of our own code go that nobody above can catch. */
export type BugReporter = (error: unknown) => void;

/** One request under way. Tells its listener exactly one end, and nothing after it. */
export class Http1Call implements UpstreamCall {
  readonly #listener: UpstreamListener;
  readonly #onBug: BugReporter;
  #carrier: CallCarrier | null = null;
  #isOver = false;

  constructor(listener: UpstreamListener, onBug: BugReporter) {
    this.#listener = listener;
    this.#onBug = onBug;
  }

  abort(): void {
    if (this.#isOver) return;
    const isSent = this.#carrier?.isSent ?? false;
    this.#carrier?.destroy();
    this.fail({ kind: 'aborted', message: 'the call was aborted', isSent });
  }

  pause(): void {
    this.#carrier?.pause();
  }

  resume(): void {
    this.#carrier?.resume();
  }

  /** Whether the listener has heard the end. */
  get isOver(): boolean {
    return this.#isOver;
  }

  carriedBy(carrier: CallCarrier): void {
    this.#carrier = carrier;
  }

  /** Lets through what the listener throws. */
  head(head: ResponseHead): void {
    if (!this.#isOver) this.#listener.onHead(head.status, head.headers);
  }

  /** Lets through what the listener throws. */
  data(chunk: Buffer): void {
    if (!this.#isOver) this.#listener.onData(chunk);
  }

  /** Never throws. */
  end(): void {
    if (!this.#close()) return;
    try {
      this.#listener.onEnd();
    } catch (error) {
      this.#onBug(error);
    }
  }

  /** Never throws. */
  fail(failure: TransportFailure): void {
    if (!this.#close()) return;
    try {
      this.#listener.onFailed(failure);
    } catch (error) {
      this.#onBug(error);
    }
  }

  #close(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#carrier = null;
    return true;
  }
}
