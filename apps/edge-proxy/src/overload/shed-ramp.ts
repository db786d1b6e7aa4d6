/** Where shedding ends, begins, and lets nothing in any more, rising, in the unit of what is measured. */
export interface ShedThresholds {
  /** Below where it begins: no flutter around a threshold. The ramp counts from here. */
  readonly stopAt: number;
  readonly startAt: number;
  readonly fullAt: number;
}

/** How much to turn away for one measured value: a ramp instead of a cliff, and a ramp that ends later than it began. */
export class ShedRamp {
  readonly #startAt: number;
  readonly #stopAt: number;
  readonly #fullAt: number;
  #isShedding = false;

  constructor({ stopAt, startAt, fullAt }: ShedThresholds) {
    this.#startAt = startAt;
    this.#stopAt = stopAt;
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
