/** Time that stands still until a test moves it. Timers run in the order of their time, then of their making. */
export class FakeClock {
  private nowMs: number;
  private timers: { readonly atMs: number; readonly run: () => void }[] = [];

  /** Starts at the given epoch time in ms. */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.nowMs = startMs;
  }

  /** Epoch time in ms. A bound function: may be passed on as `now`. */
  readonly now = (): number => this.nowMs;

  /** Calls `run` once the clock has been moved past `delayMs`; the returned function takes that back. */
  readonly setTimeout = (run: () => void, delayMs: number): (() => void) => {
    const timer = { atMs: this.nowMs + Math.max(0, delayMs), run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  };

  /** Resolves when the clock has been moved that far; rejects with the signal's reason when it aborts first. */
  readonly sleep = (delayMs: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(toError(signal.reason));
        return;
      }
      const onAbort = (): void => {
        cancel();
        reject(toError(signal?.reason));
      };
      const cancel = this.setTimeout(() => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      }, delayMs);
      signal?.addEventListener('abort', onAbort, { once: true });
    });

  /** How many timers wait. */
  get pendingTimers(): number {
    return this.timers.length;
  }

  /** Moves the clock and runs what falls due on the way; lets the promises that this settles run in between. */
  async advance(ms: number): Promise<void> {
    const endMs = this.nowMs + ms;
    for (;;) {
      const due = this.timers.filter((timer) => timer.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== due);
      this.nowMs = Math.max(this.nowMs, due.atMs);
      due.run();
      await settled();
    }
    this.nowMs = endMs;
    await settled();
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason });
}
