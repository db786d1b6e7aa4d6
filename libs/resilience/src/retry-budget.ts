import type { MonotonicClock } from './deadline.js';
import { SlidingWindow } from './sliding-window.js';

/** How far back requests earn retries, and retries count. */
const WINDOW_MS = 10_000;
/** Retries that are free: at low rates a share of the requests would round to none. */
const FREE_RETRIES = 3;

export interface RetryBudgetOptions {
  /** Retries that each request earns, e.g. 0.2. */
  readonly ratio: number;
  readonly now: MonotonicClock;
}

/**
 * Bounds the retries on one provider by one process: in 10 s at most 3 and a share of its requests. So a provider that
 * fails gets little more than its usual load, not a multiple. Nobody waits for budget: without it a retry is not made.
 */
export class RetryBudget {
  readonly #window = new SlidingWindow(WINDOW_MS);
  readonly #now: MonotonicClock;
  #ratio: number;

  constructor(options: RetryBudgetOptions) {
    this.#ratio = options.ratio;
    this.#now = options.now;
  }

  /** A request goes to the provider for the first time. */
  onRequest(): void {
    this.#window.add(this.#window.advance(this.#now()), 1, 0);
  }

  /** Takes one retry if there is one left. */
  tryRetry(): boolean {
    const ticket = this.#window.advance(this.#now());
    if (this.#window.marks + 1 > FREE_RETRIES + this.#ratio * this.#window.calls) return false;
    this.#window.add(ticket, 0, 1);
    return true;
  }

  /** Takes a new config's ratio; what was counted stays. */
  reconfigure(ratio: number): void {
    this.#ratio = ratio;
  }
}
