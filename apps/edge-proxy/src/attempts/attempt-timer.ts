// The timer of one attempt. It blames the provider only for what the provider did: a process that stood still itself
// first reads what came meanwhile.

/** A timer that fires this much too late, milliseconds, tells of a stall of our own. */
const STALL_MS = 50;

/** What is waited for. */
export type Awaited = 'first_token' | 'idle';

export class AttemptTimer {
  readonly #onExpired: (awaited: Awaited, afterMs: number) => void;
  #timer: NodeJS.Timeout | null = null;
  #awaited: Awaited = 'first_token';
  #afterMs = 0;
  /** When it should fire, by the monotonic clock; null when it was put off since: that reads no clock. */
  #dueMs: number | null = null;
  #hasFired = false;

  /** @param onExpired hears what did not come, and after how many milliseconds; must not throw */
  constructor(onExpired: (awaited: Awaited, afterMs: number) => void) {
    this.#onExpired = onExpired;
  }

  /** Replaces what was waited for before. */
  arm(awaited: Awaited, afterMs: number): void {
    this.#awaited = awaited;
    this.#afterMs = afterMs;
    this.#start(afterMs);
  }

  /** Something came: the same time again. On the hot path. */
  putOff(): void {
    if (this.#timer === null) return;
    this.#hasFired = false;
    this.#dueMs = null;
    this.#timer.refresh();
  }

  disarm(): void {
    this.#hasFired = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #start(ms: number): void {
    this.disarm();
    this.#dueMs = performance.now() + ms;
    this.#timer = setTimeout(() => this.#onFired(), ms);
  }

  #onFired(): void {
    // Whether this one is late cannot be known: a short one more can tell.
    if (this.#dueMs === null) return this.#start(STALL_MS);
    const lateMs = performance.now() - this.#dueMs;
    // The time in which we stood still does not count; perhaps the request has not even gone out.
    if (lateMs > STALL_MS) return this.#start(Math.min(lateMs, this.#afterMs));
    this.#hasFired = true;
    // Two turns of the event loop: sockets are read in between, and what they hold calls this off.
    setImmediate(() => setImmediate(() => this.#expire()));
  }

  #expire(): void {
    if (!this.#hasFired) return;
    this.disarm();
    this.#onExpired(this.#awaited, this.#afterMs);
  }
}
