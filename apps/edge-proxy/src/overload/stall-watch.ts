// Whether this process itself stood still: somebody who waited too long may have waited for us.

/** The watch looks this often, milliseconds. It sees a block as up to this much shorter than it was. */
export const WATCH_INTERVAL_MS = 25;
/** Shorter ones are everyday work: a large body, a collection of garbage. */
const MIN_BLOCK_MS = 50;
/** Blocks that are remembered; a timer that asks waits for seconds, and a process that blocks more often is lost anyway. */
const MAX_BLOCKS = 64;

interface Block {
  readonly endedMs: number;
  readonly durationMs: number;
}

/** Notices that the event loop was blocked (or the process not run) by its own timer coming late. */
export class StallWatch {
  readonly #now: () => number;
  readonly #onBlock: (durationMs: number) => void;
  readonly #blocks: Block[] = [];
  #lastTickMs: number;

  /**
   * @param now monotonic, ms
   * @param onBlock told of each block of 50 ms and more, when it is over
   */
  constructor(now: () => number, onBlock: (durationMs: number) => void) {
    this.#now = now;
    this.#onBlock = onBlock;
    this.#lastTickMs = now();
  }

  /**
   * To be called every {@link WATCH_INTERVAL_MS}.
   * @returns how late it was called, milliseconds
   */
  tick(): number {
    const nowMs = this.#now();
    const lateMs = this.#lateMs(nowMs);
    this.#lastTickMs = nowMs;
    if (lateMs < MIN_BLOCK_MS) return lateMs;
    if (this.#blocks.length === MAX_BLOCKS) this.#blocks.shift();
    this.#blocks.push({ endedMs: nowMs, durationMs: lateMs });
    this.#onBlock(lateMs);
    return lateMs;
  }

  /**
   * How long this process stood still since a moment, in blocks of 50 ms and more; the one that just ends is counted too.
   * What a provider is blamed for (no first token in time, no answer in time) has to be late by more than this.
   * @param sinceMs of the same clock
   */
  stalledSince(sinceMs: number): number {
    const nowMs = this.#now();
    const currentMs = this.#lateMs(nowMs);
    let stalledMs = currentMs < MIN_BLOCK_MS ? 0 : Math.min(currentMs, Math.max(0, nowMs - sinceMs));
    for (let index = this.#blocks.length - 1; index >= 0; index -= 1) {
      const block = this.#blocks[index];
      if (block === undefined || block.endedMs <= sinceMs) break;
      stalledMs += Math.min(block.durationMs, block.endedMs - sinceMs);
    }
    return stalledMs;
  }

  #lateMs(nowMs: number): number {
    return Math.max(0, nowMs - this.#lastTickMs - WATCH_INTERVAL_MS);
  }
}
