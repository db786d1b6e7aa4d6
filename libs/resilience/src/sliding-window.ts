/** Buckets of a window: the oldest tenth is forgotten at a time. */
const BUCKETS = 10;

/** Tickets are below this, so that a holder can pack one into a number with other things. */
export const TICKETS = 2 ** 24;

/**
 * Counts of calls, and of marks among them, over the last stretch of time. Constant time, no allocation for each
 * call; what it covers is the window or up to a tenth less, never more.
 */
export class SlidingWindow {
  readonly #bucketMs: number;
  readonly #calls = new Float64Array(BUCKETS);
  readonly #marks = new Float64Array(BUCKETS);
  #tick = 0;
  #callSum = 0;
  #markSum = 0;

  constructor(windowMs: number) {
    this.#bucketMs = Math.max(1, windowMs / BUCKETS);
  }

  /** Calls in the window, as of the last {@link advance}. */
  get calls(): number {
    return this.#callSum;
  }

  /** Marks in the window, as of the last {@link advance}. */
  get marks(): number {
    return this.#markSum;
  }

  /**
   * Forgets what is too old; call it before reading or adding.
   * @param nowMs of a clock that does not go back; where it does, time stands still
   * @returns the ticket of now
   */
  advance(nowMs: number): number {
    const tick = Math.floor(nowMs / this.#bucketMs);
    const steps = Math.min(tick - this.#tick, BUCKETS);
    for (let step = 1; step <= steps; step += 1) this.#forget((tick - steps + step) % BUCKETS);
    if (steps > 0) this.#tick = tick;
    return this.#tick % TICKETS;
  }

  /** Whether what was counted under this ticket is still in the window. */
  has(ticket: number): boolean {
    return this.#age(ticket) < BUCKETS;
  }

  /**
   * Adds to the counts of a ticket's time; negative takes back.
   * @returns false, and nothing is counted, when that time has left the window
   */
  add(ticket: number, calls: number, marks: number): boolean {
    const age = this.#age(ticket);
    if (age >= BUCKETS || age > this.#tick) return false;
    const bucket = (this.#tick - age) % BUCKETS;
    this.#calls[bucket] = (this.#calls[bucket] ?? 0) + calls;
    this.#marks[bucket] = (this.#marks[bucket] ?? 0) + marks;
    this.#callSum += calls;
    this.#markSum += marks;
    return true;
  }

  #age(ticket: number): number {
    return ((this.#tick % TICKETS) - ticket + TICKETS) % TICKETS;
  }

  #forget(bucket: number): void {
    this.#callSum -= this.#calls[bucket] ?? 0;
    this.#markSum -= this.#marks[bucket] ?? 0;
    this.#calls[bucket] = 0;
    this.#marks[bucket] = 0;
  }
}
