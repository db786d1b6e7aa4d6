// How this process is doing: event-loop delay and memory, and how much of the new work it should turn away for them.
import type { MemoryReading } from './memory-use.js';
import { ShedRamp } from './shed-ramp.js';
import { StallWatch, WATCH_INTERVAL_MS } from './stall-watch.js';

/** What new work is turned away for. */
export type LoadReason = 'event_loop' | 'memory';

/**
 * Smoothed delay of the event loop, milliseconds. Requests spend it on the way in, at each chunk and on the way out; a
 * health check that waits a second still passes at the upper one.
 */
const DELAY_MS = { stopAt: 90, startAt: 150, fullAt: 500 };
/** Part of the limit. Above the upper one collecting garbage takes more time than it gives back. */
const MEMORY = { stopAt: 0.8, startAt: 0.85, fullAt: 0.95 };
const SMOOTHING_MS = 1_000;
/** One stall is over when it is seen, and turning work away mends nothing: only repeated ones count. */
const MAX_WEIGHT_MS = 250;
const MEMORY_INTERVAL_MS = 500;

export interface LoadMonitorOptions {
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly readMemory: () => MemoryReading;
  /** A block of the event loop that has ended. */
  readonly onBlock: (durationMs: number) => void;
}

/** Measures on its own timer between `start` and `stop`, or when a test calls `sample`. */
export class LoadMonitor {
  readonly stallWatch: StallWatch;
  readonly #options: LoadMonitorOptions;
  readonly #delayRamp = new ShedRamp(DELAY_MS);
  readonly #memoryRamp = new ShedRamp(MEMORY);
  #lastMs: number;
  #lastMemoryMs = -Infinity;
  #delayMs = 0;
  #memoryUse = 0;
  #delayRatio = 0;
  #memoryRatio = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: LoadMonitorOptions) {
    this.#options = options;
    this.stallWatch = new StallWatch(options.now, options.onBlock);
    this.#lastMs = options.now();
  }

  /** The part of new requests to turn away, 0 to 1. */
  get shedRatio(): number {
    return Math.max(this.#delayRatio, this.#memoryRatio);
  }

  /** What is nearer to its end. */
  get reason(): LoadReason {
    return this.#memoryRatio > this.#delayRatio ? 'memory' : 'event_loop';
  }

  /** Why every new request is turned away; null when some are let in. */
  get shutFor(): LoadReason | null {
    return this.shedRatio >= 1 ? this.reason : null;
  }

  /** Smoothed delay of the event loop. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** 0 to 1. */
  get memoryUse(): number {
    return this.#memoryUse;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.sample(), WATCH_INTERVAL_MS).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** To be called every {@link WATCH_INTERVAL_MS}. */
  sample(): void {
    const nowMs = this.#options.now();
    const lateMs = Math.min(this.stallWatch.tick(), DELAY_MS.fullAt);
    const weightMs = Math.min(nowMs - this.#lastMs, MAX_WEIGHT_MS);
    this.#lastMs = nowMs;
    this.#delayMs += (lateMs - this.#delayMs) * (1 - Math.exp(-weightMs / SMOOTHING_MS));
    this.#delayRatio = this.#delayRamp.update(this.#delayMs);
    if (nowMs - this.#lastMemoryMs < MEMORY_INTERVAL_MS) return;
    this.#lastMemoryMs = nowMs;
    const { useRatio, isOfRequests } = this.#options.readMemory();
    this.#memoryUse = useRatio;
    // Who holds nothing frees nothing by turning requests away: others fill the memory, or it was freed and not given back.
    this.#memoryRatio = this.#memoryRamp.update(isOfRequests ? useRatio : 0);
  }
}
