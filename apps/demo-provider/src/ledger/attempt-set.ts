import { hash64 } from './hash64.js';

/**
 * Counts different attempt ids in 8 bytes each: it keeps 64-bit hashes, not texts. Two of 2 million ids meet by chance once
 * in ten million runs. At the bound it takes no more and says so.
 */
export class AttemptSet {
  private high: Uint32Array;
  private low: Uint32Array;
  private count = 0;
  private full = false;

  /** @param most ids counted at most. */
  constructor(private readonly most: number) {
    this.high = new Uint32Array(1024);
    this.low = new Uint32Array(1024);
  }

  add(attemptId: string): void {
    if (this.count >= this.most) {
      this.full = true;
      return;
    }
    const [high, low] = hash64(attemptId);
    // The empty slot is 0/0; the one id in 2^64 that hashes to it takes its neighbour's place.
    this.insert(high, high === 0 && low === 0 ? 1 : low);
    if (this.count * 2 > this.high.length) this.grow();
  }

  get size(): number {
    return this.count;
  }

  /** False once ids had to be left out. */
  get isExact(): boolean {
    return !this.full;
  }

  private insert(high: number, low: number): void {
    const mask = this.high.length - 1;
    let slot = low & mask;
    while (this.high[slot] !== 0 || this.low[slot] !== 0) {
      if (this.high[slot] === high && this.low[slot] === low) return;
      slot = (slot + 1) & mask;
    }
    this.high[slot] = high;
    this.low[slot] = low;
    this.count += 1;
  }

  private grow(): void {
    const { high, low } = this;
    this.high = new Uint32Array(high.length * 2);
    this.low = new Uint32Array(low.length * 2);
    this.count = 0;
    for (let slot = 0; slot < high.length; slot += 1) {
      const oldHigh = high[slot] ?? 0;
      const oldLow = low[slot] ?? 0;
      if (oldHigh !== 0 || oldLow !== 0) this.insert(oldHigh, oldLow);
    }
  }
}
