// How patient a stop is. SIGTERM comes from something that also tells load balancers, so there is time for them to hear
// it. SIGINT comes from a person at a keyboard or a launcher that ends: the same order, without the wait for others.
import { setTimeout as delay } from 'node:timers/promises';
import type { Hurry } from './server-drain.js';

export interface StopPaceOptions {
  /** How long the edge goes on taking connections and requests after it has become unready. */
  readonly preStopMs: number;
  /** How long what has begun may take after that. */
  readonly graceMs: number;
  /** The same when there is hurry. */
  readonly hurriedGraceMs: number;
}

/** The times of one stop. */
export class StopPace {
  readonly preStopMs: number;
  readonly graceMs: number;
  readonly hurry: Hurry;
  readonly #hurried = new AbortController();

  constructor({ preStopMs, graceMs, hurriedGraceMs }: StopPaceOptions) {
    this.preStopMs = preStopMs;
    this.graceMs = graceMs;
    this.hurry = { signal: this.#hurried.signal, graceMs: Math.min(graceMs, hurriedGraceMs) };
  }

  /** From now on, or from the beginning, the stop is a hurried one. */
  hurryUp(): void {
    this.#hurried.abort();
  }

  /** Resolves when the door may be closed: after `preStopMs`, at once when there is hurry. */
  async untilDoorCloses(): Promise<void> {
    // Rejects only because of the signal, and that means the same.
    await delay(this.preStopMs, undefined, { signal: this.#hurried.signal }).catch(() => undefined);
  }
}
