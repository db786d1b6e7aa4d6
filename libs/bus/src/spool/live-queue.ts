import type { SpooledEvent } from './spool-folder.js';

/** What the queue may hold before events stay on disk only. */
export interface LiveQueueLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/**
 * Events that go to the publisher without being read back. When it is full, newer ones are left to the disk until it
 * is half empty, so that what is left out is one piece.
 */
export class LiveQueue {
  readonly #limits: LiveQueueLimits;
  #events: SpooledEvent[] = [];
  #head = 0;
  #bytes = 0;
  #isFull = false;

  constructor(limits: LiveQueueLimits) {
    this.#limits = limits;
  }

  get length(): number {
    return this.#events.length - this.#head;
  }

  /** Returns false when the event has to be read from disk later. */
  offer(event: SpooledEvent): boolean {
    const { maxEvents, maxBytes } = this.#limits;
    if (this.#isFull && (this.length > maxEvents / 2 || this.#bytes > maxBytes / 2)) return false;
    this.#isFull = this.length >= maxEvents || this.#bytes + event.jsonBytes > maxBytes;
    if (this.#isFull) return false;
    this.#events.push(event);
    this.#bytes += event.jsonBytes;
    return true;
  }

  /** Removes and returns the oldest events, at most `maxEvents`. */
  take(maxEvents: number): SpooledEvent[] {
    const taken = this.#events.slice(this.#head, this.#head + maxEvents);
    for (const event of taken) this.#bytes -= event.jsonBytes;
    this.#head += taken.length;
    if (this.#head === this.#events.length || this.#head > 4096) {
      this.#events = this.#events.slice(this.#head);
      this.#head = 0;
    }
    return taken;
  }
}
