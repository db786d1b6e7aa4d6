// Group commit: what the requests of one turn of the event loop have to record goes to the disk in one write(2).
import type { EventSpool } from './event-spool.js';
import { REQUESTS_CODE, SPOOLED_STREAMS, type SpooledStream } from './spooled-streams.js';

/** An event that takes its number when it is stored. */
export interface UnnumberedEvent {
  /** Place of its stream in `SPOOLED_STREAMS`. */
  readonly streamCode: number;
  readonly eventId: string;
  readonly subject: string;
  /** Returns the whole CloudEvent. */
  readonly toJson: (spoolSeq: number) => string;
}

/** A record on its way into the spool. */
export type SpoolRecord =
  | {
      readonly kind: 'intent';
      readonly eventId: string;
      readonly intentJson: string;
      /** Called when the intent is in the file, or was counted as not stored: the request may go on. */
      readonly onWritten: () => void;
    }
  | (UnnumberedEvent & { readonly kind: 'event' });

/**
 * Collects records until the end of the turn. An intent's request waits for the write, a few microseconds; an
 * outcome that a kill catches before it comes back as `unknown`, since its intent is there.
 */
export class GroupCommit {
  readonly #spool: EventSpool;
  #waiting: SpoolRecord[] = [];

  constructor(spool: EventSpool) {
    this.#spool = spool;
  }

  get spoolId(): string {
    return this.#spool.spoolId;
  }

  /** Never throws; what `onWritten` throws is the caller's own, after all other records are safe. */
  appendIntent(eventId: string, intentJson: string, onWritten: () => void): void {
    this.#add({ kind: 'intent', eventId, intentJson, onWritten });
  }

  /** Never throws. */
  appendRequestEvent(eventId: string, subject: string, toJson: (spoolSeq: number) => string): void {
    this.#add({ kind: 'event', streamCode: REQUESTS_CODE, eventId, subject, toJson });
  }

  /** An event that is no request's: it takes the next number of its own stream. Never throws. */
  appendEvent(stream: SpooledStream, event: Omit<UnnumberedEvent, 'streamCode'>): void {
    this.#add({ kind: 'event', streamCode: SPOOLED_STREAMS.indexOf(stream), ...event });
  }

  /** Writes what waits, now. */
  flush(): void {
    const records = this.#waiting;
    if (records.length === 0) return;
    this.#waiting = [];
    this.#spool.appendGroup(records);
    for (const record of records) if (record.kind === 'intent') record.onWritten();
  }

  #add(record: SpoolRecord): void {
    this.#waiting.push(record);
    if (this.#waiting.length === 1) setImmediate(() => this.flush());
  }
}
