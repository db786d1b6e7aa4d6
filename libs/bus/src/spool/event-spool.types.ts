import type { BusLog } from '../bus-log.js';
import type { LiveQueueLimits } from './live-queue.js';
import type { SpoolFiles } from './spool-files.js';
import type { SpooledStream } from './spooled-streams.js';

/** Where an event of a spool stands: its two halves of the number. */
export interface SpoolPlace {
  readonly spoolId: string;
  readonly spoolSeq: number;
}

/** What an intent becomes when its process died before the outcome. */
export interface RecoveredEvent {
  readonly subject: string;
  /** The whole CloudEvent. */
  readonly eventJson: string;
}

/** How to open a spool. */
export interface EventSpoolOptions {
  /** Holds one folder for each process. Made when it is missing. */
  readonly rootDir: string;
  /** Bytes on disk, adopted folders included, above which new records are dropped and counted. Default 1 GiB. */
  readonly maxBytes?: number;
  /** Size of one file. Default 8 MiB. */
  readonly segmentBytes?: number;
  /** Longest time before what was written is on the disk itself. Default 200 ms. */
  readonly fsyncIntervalMs?: number;
  /** How often acks are remembered and finished segments removed. Default 1 s. */
  readonly checkpointIntervalMs?: number;
  /** How often folders without an owner are looked for. Default 60 s. */
  readonly adoptIntervalMs?: number;
  /** What may wait in memory for the publisher. Default 8,192 events and 8 MiB of JSON, of requests and of all else each. */
  readonly liveQueue?: LiveQueueLimits;
  /** Turns an intent without outcome into its `unknown` event. What it throws is logged and the intent given up. */
  readonly recoverIntent: (intentJson: string, at: SpoolPlace) => RecoveredEvent;
  readonly log: BusLog;
  /** Only for tests: name of this run of the operating system. */
  readonly bootId?: string;
  /** Only for tests that let writes fail. */
  readonly files?: SpoolFiles;
}

/** Counters of one spool, since it was opened. */
export interface SpoolStats {
  /** Events stored by this process. */
  readonly appended: number;
  /** Events of this process that have neither a PubAck nor been given up. */
  readonly pending: number;
  /** The same in adopted folders. */
  readonly adoptedPending: number;
  /** Numbers that were taken and will never arrive, by stream. */
  readonly droppedByStream: Readonly<Record<SpooledStream, number>>;
  /** Requests that have begun and not ended. */
  readonly openIntents: number;
  /** Intents that could not be written: a crash would lose these requests. */
  readonly intentsNotStored: number;
  /** Intents of dead processes that came out as `unknown`. */
  readonly intentsRecovered: number;
  /** Bytes of all segments, adopted ones included. */
  readonly bytes: number;
  readonly segments: number;
  readonly adoptedSpools: number;
  /** Numbers of adopted folders that were taken and are not there. */
  readonly adoptedHoles: number;
  /** Bytes on disk that no CRC vouches for. */
  readonly damagedBytes: number;
  /** False while records are being dropped. */
  readonly isStoring: boolean;
}
