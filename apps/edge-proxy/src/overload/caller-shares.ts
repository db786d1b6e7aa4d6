// Who uses how much of a limit that all keys share, so that one key's flood leaves room for the others.

/** A key shares in the limit while it holds a part of it, and one to two of these after it asked last; milliseconds. */
const PERIOD_MS = 1_000;

/** What one key has of a limit. */
export class CallerShare {
  /** Places, or bytes: in the unit of the limit. */
  held = 0;
  /** The period in which it asked last. */
  period = 0;
}

/** Every key that holds a part or asked for one lately, let in or not. */
export class CallerShares {
  readonly #byCaller = new Map<string, CallerShare>();
  #period = 0;
  #periodStartMs = -Infinity;

  /** Keys that share. */
  get size(): number {
    return this.#byCaller.size;
  }

  /**
   * A key asks for a part.
   * @param nowMs monotonic
   */
  shareOf(callerId: string, nowMs: number): CallerShare {
    if (nowMs - this.#periodStartMs >= PERIOD_MS) this.#beginPeriod(nowMs);
    let share = this.#byCaller.get(callerId);
    if (share === undefined) {
      share = new CallerShare();
      this.#byCaller.set(callerId, share);
    }
    share.period = this.#period;
    return share;
  }

  #beginPeriod(nowMs: number): void {
    this.#periodStartMs = nowMs;
    this.#period += 1;
    for (const [callerId, { held, period }] of this.#byCaller) {
      if (held === 0 && period < this.#period - 1) this.#byCaller.delete(callerId);
    }
  }
}
