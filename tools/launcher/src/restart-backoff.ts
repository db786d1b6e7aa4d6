const FIRST_MS = 100;
const LONGEST_MS = 2000;
/** A child that ran this long is well again: its next end is the first of a new row. */
const WELL_AFTER_MS = 10_000;

/** How long to wait before a child is started again: 100 ms, doubling to 2 s, anew after 10 s of running. */
export class RestartBackoff {
  private failures = 0;

  /** Milliseconds to wait, given how long the child had run. */
  nextDelayMs(ranForMs: number): number {
    if (ranForMs >= WELL_AFTER_MS) this.failures = 0;
    const delayMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures);
    this.failures += 1;
    return delayMs;
  }
}
