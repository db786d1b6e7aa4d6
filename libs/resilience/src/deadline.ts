/** Milliseconds of a monotonic clock, e.g. `performance.now`. */
export type MonotonicClock = () => number;

/** A point in time that a request must not outlive; all its attempts share one. */
export interface Deadline {
  /** In the clock's milliseconds. */
  readonly atMs: number;
  /** Whole budget, milliseconds. */
  readonly budgetMs: number;
}

/**
 * The deadline of a request: the config's total time, shortened (never lengthened) by what the client asks.
 * @param startedMs receipt, in the monotonic clock's milliseconds
 * @param totalMs `timeouts.total`
 * @param askedMs `x-sluice-deadline-ms`, null when the client asks nothing
 */
export function makeDeadline(startedMs: number, totalMs: number, askedMs: number | null): Deadline {
  const budgetMs = askedMs === null ? totalMs : Math.min(askedMs, totalMs);
  return { atMs: startedMs + budgetMs, budgetMs };
}

/** Milliseconds left, never negative. */
export const remainingMs = (deadline: Deadline, nowMs: number): number => Math.max(0, deadline.atMs - nowMs);
