/** A slow spell is forgotten by a factor of e in this time; long enough for routes that see a call a minute. */
const DECAY_MS = 60_000;

/**
 * A moving average of latencies that believes a slow answer at once and forgets it slowly: a route that stalls loses
 * its traffic with the first slow call, and gets some again when enough time has passed.
 * @see Finagle's `PeakEwma`
 */
export class PeakEwma {
  readonly #decayMs: number;
  #valueMs: number | null = null;
  #atMs = 0;

  constructor(decayMs = DECAY_MS) {
    this.#decayMs = decayMs;
  }

  /** Takes one latency in; `nowMs` is a monotonic clock's. */
  observe(ms: number, nowMs: number): void {
    const before = this.#valueMs;
    if (before === null || ms >= before) {
      this.#valueMs = ms;
    } else {
      const keep = this.#keep(nowMs);
      this.#valueMs = before * keep + ms * (1 - keep);
    }
    this.#atMs = Math.max(this.#atMs, nowMs);
  }

  /** Milliseconds; sinks while nothing is observed, so that a slow route is tried again. Null before the first. */
  value(nowMs: number): number | null {
    return this.#valueMs === null ? null : this.#valueMs * this.#keep(nowMs);
  }

  #keep(nowMs: number): number {
    return Math.exp(-Math.max(0, nowMs - this.#atMs) / this.#decayMs);
  }
}
