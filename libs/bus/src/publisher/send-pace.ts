// How many messages may be out. While all goes well: the whole window. After a failure: one, and none until a growing
// pause is over, so that a frozen server is not written to for ever. Pure; the time comes from the caller.

const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;

/** The pace of one publisher. */
export class SendPace {
  readonly #window: number;
  #pauseMs = 0;
  #nextTryAtMs = 0;

  constructor(window: number) {
    this.#window = window;
  }

  get isFlowing(): boolean {
    return this.#pauseMs === 0;
  }

  /** When the next message may go, on the caller's clock. */
  get nextTryAtMs(): number {
    return this.#nextTryAtMs;
  }

  /** How many more messages may be sent now. */
  allowed(nowMs: number, inFlight: number): number {
    if (this.isFlowing) return this.#window - inFlight;
    return nowMs >= this.#nextTryAtMs && inFlight === 0 ? 1 : 0;
  }

  /** A message was stored. */
  succeeded(): void {
    this.#pauseMs = 0;
  }

  /** A message was refused, lost or not answered. Returns true for the first one of a row. */
  failed(nowMs: number): boolean {
    const wasFlowing = this.isFlowing;
    // Those that were out together fail together: one pause for all of them.
    if (nowMs < this.#nextTryAtMs && !wasFlowing) return false;
    this.#pauseMs = wasFlowing ? FIRST_PAUSE_MS : Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    this.#nextTryAtMs = nowMs + this.#pauseMs;
    return wasFlowing;
  }

  /** The connection is back: try at once. */
  retryNow(nowMs: number): void {
    if (!this.isFlowing) this.#nextTryAtMs = nowMs;
  }
}
