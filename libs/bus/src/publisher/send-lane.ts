import type { OutgoingBatch } from './outgoing-batch.js';
import { SendPace } from './send-pace.js';

/**
 * What is on its way to one stream: messages that wait, how many are out, and the pace. Each stream has its own, so that
 * one that takes nothing holds up nobody else's events.
 */
export class SendLane {
  readonly pace: SendPace;
  inFlight = 0;
  /** Whether it was said that events are given up because too many wait. */
  isOverflowTold = false;
  #ready: OutgoingBatch[] = [];

  /** @param window most messages that may be out */
  constructor(window: number) {
    this.pace = new SendPace(window);
  }

  /** Messages that wait, done ones included. */
  get waiting(): number {
    return this.#ready.length;
  }

  /** Bytes of the messages that wait. */
  get waitingBytes(): number {
    return this.#ready.reduce((sum, { bytes, isDone }) => sum + (isDone ? 0 : bytes), 0);
  }

  /** Behind all others. */
  push(batch: OutgoingBatch): void {
    this.#ready.push(batch);
  }

  /** Before all others. */
  putFirst(batches: readonly OutgoingBatch[]): void {
    this.#ready.unshift(...batches);
  }

  /** The next message that is not done, taken out. */
  take(): OutgoingBatch | undefined {
    for (;;) {
      const batch = this.#ready.shift();
      if (batch?.isDone !== true) return batch;
    }
  }

  /** The message is out no more. */
  leaveFlight(batch: OutgoingBatch): void {
    if (batch.sentAtMs === 0) return;
    batch.sentAtMs = 0;
    this.inFlight -= 1;
  }
}
