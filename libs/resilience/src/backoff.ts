/** How long to wait before a repeat; fields of the config's `retry`. */
export interface BackoffSettings {
  readonly initialBackoffMs: number;
  /** At least 1. */
  readonly multiplier: number;
  readonly maxBackoffMs: number;
  /** `full`: anything from 0 to the full time, so that callers who failed together do not come back together. */
  readonly jitter: 'full' | 'none';
}

/**
 * The wait before a repeat on a target that has failed this request. The bound holds before the jitter.
 * @param repeat 1 for the first repeat
 * @param random from 0 (inclusive) to 1 (exclusive)
 * @returns milliseconds, not rounded
 */
export function backoffMs(repeat: number, settings: BackoffSettings, random: () => number): number {
  const { initialBackoffMs, multiplier, maxBackoffMs, jitter } = settings;
  // Finite, since 0 times infinity is no number.
  const growth = Math.min(multiplier ** Math.max(0, repeat - 1), Number.MAX_VALUE);
  const fullMs = Math.min(initialBackoffMs * growth, maxBackoffMs);
  return jitter === 'full' ? fullMs * random() : fullMs;
}
