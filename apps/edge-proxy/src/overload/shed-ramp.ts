/** Where shedding begins and where nothing is let in any more, in the unit of what is measured. */
export interface ShedThresholds {
  readonly startAt: number;
  readonly fullAt: number;
}

/** Shedding that has begun goes on until the value is this part of where it began: no flutter around a threshold. */
const STOP_RATIO = 0.6;

/** How much to turn away for one measured value: a ramp instead of a cliff, and a ramp that ends later than it began. */
export class ShedRamp {
  readonly #startAt: number;
  readonly #stopAt: number;
  readonly #fullAt: number;
  #isShedding = false;

  constructor({ startAt, fullAt }: ShedThresholds) {
    this.#startAt = startAt;
    this.#stopAt = startAt * STOP_RATIO;
    this.#fullAt = fullAt;
  }

  /** @returns the part of new requests to turn away, 0 to 1 */
  update(value: number): number {
    if (this.#isShedding ? value <= this.#stopAt : value < this.#startAt) {
      this.#isShedding = false;
      return 0;
    }
    this.#isShedding = true;
    return Math.min(1, (value - this.#stopAt) / (this.#fullAt - this.#stopAt));
  }
}
