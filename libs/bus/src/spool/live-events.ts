import { LiveQueue, type LiveQueueLimits } from './live-queue.js';
import type { SpooledEvent } from './spool-folder.js';
import { REQUESTS_CODE } from './spooled-streams.js';

/** What became of an event that was written: `kept` ends a piece of the disk, `kept-aside` lets it go on. */
export type LiveOffer = 'kept' | 'kept-aside' | 'left';

/**
 * What a spool holds in memory for the publisher: requests' events, and beside them the few of all other streams, so that
 * these are not behind requests that nobody takes. Each of the two has the limits.
 */
export class LiveEvents {
  readonly #requests: LiveQueue;
  readonly #others: LiveQueue;
  /** Others that were kept and are not settled. A piece of the disk may hold them too, between requests. */
  readonly #othersInHand = new Set<string>();

  constructor(limits: LiveQueueLimits) {
    this.#requests = new LiveQueue(limits);
    this.#others = new LiveQueue(limits);
  }

  /** Requests' events that wait. */
  get length(): number {
    return this.#requests.length;
  }

  /** `left` when the event has to be read from disk later. */
  offer(event: SpooledEvent): LiveOffer {
    if (event.streamCode === REQUESTS_CODE) return this.#requests.offer(event) ? 'kept' : 'left';
    if (!this.#others.offer(event)) return 'left';
    // A piece that ended at each of them would be many pieces in a long outage.
    this.#othersInHand.add(toKey(event));
    return 'kept-aside';
  }

  /** Removes and returns the oldest of requests, at most `maxEvents`. */
  take(maxEvents: number): SpooledEvent[] {
    return this.#requests.take(maxEvents);
  }

  /** The same for all of the other streams. */
  takeOthers(): SpooledEvent[] {
    return this.#others.take(this.#others.length);
  }

  /** Events from disk without those of `ownFolderDir` that are in hand already. */
  withoutInHand(events: SpooledEvent[], ownFolderDir: string): SpooledEvent[] {
    if (this.#othersInHand.size === 0) return events;
    return events.filter(
      (event) => event.segment.folder.dir !== ownFolderDir || !this.#othersInHand.has(toKey(event)),
    );
  }

  /** The event, of the spool's own folder, has its PubAck or was given up. */
  settled(event: SpooledEvent): void {
    if (event.streamCode !== REQUESTS_CODE) this.#othersInHand.delete(toKey(event));
  }
}

const toKey = ({ streamCode, sequence }: SpooledEvent): string => `${streamCode}:${sequence}`;
