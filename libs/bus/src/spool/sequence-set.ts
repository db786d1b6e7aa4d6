/** An inclusive range of numbers: `[from, to]`. */
export type SequenceRange = readonly [from: number, to: number];

/**
 * A set of positive integers kept as sorted, disjoint, non-touching ranges. Numbers mostly arrive in order, so the
 * list stays short and `add` is cheap.
 */
export class SequenceSet {
  readonly #from: number[] = [];
  readonly #to: number[] = [];

  constructor(ranges: Iterable<SequenceRange> = []) {
    for (const [from, to] of ranges) this.addRange(from, to);
  }

  /** Adds one number. Returns false when it was in the set already. */
  add(sequence: number): boolean {
    const index = this.#firstEndingAtOrAfter(sequence);
    const from = this.#from[index];
    if (from !== undefined && from <= sequence) return false;
    const touchesPrevious = index > 0 && this.#to[index - 1] === sequence - 1;
    const touchesNext = from === sequence + 1;
    if (touchesPrevious && touchesNext) {
      this.#to.splice(index - 1, 1);
      this.#from.splice(index, 1);
    } else if (touchesPrevious) this.#to[index - 1] = sequence;
    else if (touchesNext) this.#from[index] = sequence;
    else {
      this.#from.splice(index, 0, sequence);
      this.#to.splice(index, 0, sequence);
    }
    return true;
  }

  /** Adds all numbers of `[from, to]`; an empty range (`to < from`) adds nothing. */
  addRange(from: number, to: number): void {
    if (to < from) return;
    let index = this.#firstEndingAtOrAfter(from - 1);
    let start = from;
    let end = to;
    let removed = 0;
    for (let at = index; at < this.#from.length; at += 1) {
      const otherFrom = this.#from[at] ?? 0;
      if (otherFrom > to + 1) break;
      start = Math.min(start, otherFrom);
      end = Math.max(end, this.#to[at] ?? 0);
      removed += 1;
    }
    index = Math.max(index, 0);
    this.#from.splice(index, removed, start);
    this.#to.splice(index, removed, end);
  }

  has(sequence: number): boolean {
    const from = this.#from[this.#firstEndingAtOrAfter(sequence)];
    return from !== undefined && from <= sequence;
  }

  /** How many numbers are in the set. */
  get size(): number {
    let size = 0;
    for (let at = 0; at < this.#from.length; at += 1) size += (this.#to[at] ?? 0) - (this.#from[at] ?? 0) + 1;
    return size;
  }

  /** The ranges, ascending. */
  toRanges(): SequenceRange[] {
    return this.#from.map((from, at) => [from, this.#to[at] ?? from]);
  }

  /** The numbers of `1..last` that are not in the set, ascending. */
  holesUpTo(last: number): SequenceRange[] {
    const holes: SequenceRange[] = [];
    let next = 1;
    for (const [from, to] of this.toRanges()) {
      if (from > last) break;
      if (from > next) holes.push([next, from - 1]);
      next = to + 1;
    }
    if (next <= last) holes.push([next, last]);
    return holes;
  }

  #firstEndingAtOrAfter(sequence: number): number {
    let low = 0;
    let high = this.#to.length;
    // Most additions are at the end.
    if (high > 0 && (this.#to[high - 1] ?? 0) < sequence) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#to[middle] ?? 0) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
