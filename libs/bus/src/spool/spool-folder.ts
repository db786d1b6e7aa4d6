// The bookkeeping of one spool folder, our own or an adopted one: its segments, which numbers are taken, settled or
// dropped, which intents are open. No writing of records here (segment-writer.ts), no reading (backlog.ts).
import { unlinkSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readCheckpoint, writeCheckpoint, type SpoolCheckpoint, type StreamProgress } from './checkpoint.js';
import type { EventFrame } from './frame.js';
import { SequenceSet, type SequenceRange } from './sequence-set.js';
import type { SpoolLock } from './spool-lock.js';
import { SPOOLED_STREAMS, type SpooledStream } from './spooled-streams.js';

/** One file of a spool. */
export interface SpoolSegment {
  readonly folder: SpoolFolder;
  readonly index: number;
  readonly path: string;
  /** Bytes of whole frames in it. */
  bytes: number;
  /** Nothing is written to it any more. */
  sealed: boolean;
  /** Events in it that are not settled. */
  pending: number;
  /** Open intents whose latest record is in it. */
  openIntents: number;
  /** First and last number in it, by stream code: what a damaged stretch must have held. */
  readonly sequences: Map<number, SequenceRange>;
}

/** An event on disk, and in memory until its PubAck. */
export interface SpooledEvent extends EventFrame {
  segment: SpoolSegment;
}

interface StreamState {
  last: number;
  readonly acked: SequenceSet;
  readonly dropped: SequenceSet;
}

/** Segments have fixed-width names so that they sort. */
export const toSegmentName = (index: number): string => `${String(index).padStart(8, '0')}.seg`;

/** The bookkeeping of one folder. Methods never throw unless they say so. */
export class SpoolFolder {
  readonly dir: string;
  readonly spoolId: string;
  /** Oldest first; the last one may still be written to. */
  readonly segments: SpoolSegment[] = [];
  /** Intents without an outcome, in the order in which they were opened. */
  readonly intents = new Map<string, { json: string; readonly segment: SpoolSegment }>();
  /** Bytes of all segments. */
  bytes = 0;
  /** Events that are neither published nor given up. */
  pending = 0;
  lock: SpoolLock | null = null;
  /** Under which run of the operating system it was written; null when nobody knows. */
  bootId: string | null = null;
  readonly #streams: readonly StreamState[];
  #changed = false;

  constructor(dir: string, spoolId: string, checkpoint: SpoolCheckpoint | null = null) {
    this.dir = dir;
    this.spoolId = spoolId;
    this.#streams = SPOOLED_STREAMS.map((name) => toStreamState(checkpoint?.streams[name]));
  }

  /** Opens a folder that another process left, with what its checkpoint remembers. */
  static adopt(dir: string, spoolId: string, lock: SpoolLock): SpoolFolder {
    const checkpoint = readCheckpoint(dir);
    const folder = new SpoolFolder(dir, spoolId, checkpoint?.spoolId === spoolId ? checkpoint : null);
    folder.lock = lock;
    return folder;
  }

  /** A segment of this folder that nobody knows yet. */
  toSegment(index: number, bytes: number): SpoolSegment {
    return {
      folder: this,
      index,
      path: join(this.dir, toSegmentName(index)),
      bytes,
      sealed: false,
      pending: 0,
      openIntents: 0,
      sequences: new Map(),
    };
  }

  addSegment(segment: SpoolSegment): void {
    this.segments.push(segment);
    this.bytes += segment.bytes;
  }

  /** Takes the next number of a stream. */
  takeSequence(streamCode: number): number {
    const state = this.#state(streamCode);
    state.last += 1;
    return state.last;
  }

  /** The number that would be taken next. */
  peekSequence(streamCode: number): number {
    return this.#state(streamCode).last + 1;
  }

  /** Numbers up to this one are known to be taken. */
  noteTaken(streamCode: number, sequence: number): void {
    const state = this.#state(streamCode);
    state.last = Math.max(state.last, sequence);
  }

  /** The highest number taken of each stream. */
  lastSequences(): Record<string, number> {
    return Object.fromEntries(SPOOLED_STREAMS.map((name, code) => [name, this.#state(code).last]));
  }

  /** An event that is not settled is in its segment. */
  noteStored(event: SpooledEvent): void {
    const { segment, streamCode, sequence } = event;
    segment.pending += 1;
    this.pending += 1;
    segment.sequences.set(streamCode, [segment.sequences.get(streamCode)?.[0] ?? sequence, sequence]);
  }

  /** Whether nothing has to be done for a number any more. */
  isSettled(streamCode: number, sequence: number): boolean {
    const state = this.#state(streamCode);
    return state.acked.has(sequence) || state.dropped.has(sequence);
  }

  /** A stored event has its PubAck. A second call does nothing. */
  acknowledge(event: SpooledEvent): void {
    if (this.isSettled(event.streamCode, event.sequence)) return;
    this.#state(event.streamCode).acked.add(event.sequence);
    this.#settled(event.segment);
  }

  /** A stored event can never be published. Its number becomes a reported hole. Returns false the second time. */
  giveUp(event: Pick<SpooledEvent, 'streamCode' | 'sequence' | 'segment'>): boolean {
    if (this.isSettled(event.streamCode, event.sequence)) return false;
    this.#state(event.streamCode).dropped.add(event.sequence);
    this.#settled(event.segment);
    return true;
  }

  /** A number was taken and its event is not stored: a reported hole. */
  dropSequence(streamCode: number, sequence: number): void {
    this.#state(streamCode).dropped.add(sequence);
    this.#changed = true;
  }

  /** Numbers that were taken and are neither settled nor among `stored`. They become drops. */
  holesBeside(streamCode: number, stored: SequenceSet): SequenceRange[] {
    const { last, acked, dropped } = this.#state(streamCode);
    const known = new SequenceSet([...stored.toRanges(), ...acked.toRanges(), ...dropped.toRanges()]);
    const holes = known.holesUpTo(last);
    for (const [from, to] of holes) dropped.addRange(from, to);
    return holes;
  }

  droppedCount(streamCode: number): number {
    return this.#state(streamCode).dropped.size;
  }

  droppedByStream(): Record<SpooledStream, number> {
    const count = (stream: SpooledStream): number => this.droppedCount(SPOOLED_STREAMS.indexOf(stream));
    return {
      SLUICE_REQUESTS: count('SLUICE_REQUESTS'),
      SLUICE_AUDIT: count('SLUICE_AUDIT'),
      SLUICE_DEBUG: count('SLUICE_DEBUG'),
      SLUICE_HEALTH: count('SLUICE_HEALTH'),
    };
  }

  openIntent(eventId: string, json: string, segment: SpoolSegment): void {
    const earlier = this.intents.get(eventId);
    if (earlier !== undefined) earlier.segment.openIntents -= 1;
    segment.openIntents += 1;
    this.intents.set(eventId, { json, segment });
  }

  closeIntent(eventId: string): void {
    const intent = this.intents.get(eventId);
    if (intent === undefined) return;
    intent.segment.openIntents -= 1;
    // A Map's outgrown tables keep what they held until the next major collection: leave them nothing heavy.
    intent.json = '';
    this.intents.delete(eventId);
    this.#changed = true;
  }

  /** Every event is settled and no intent is open. */
  get isFinished(): boolean {
    return this.pending === 0 && this.intents.size === 0;
  }

  toCheckpoint(): SpoolCheckpoint {
    const streams: Partial<Record<SpooledStream, StreamProgress>> = {};
    SPOOLED_STREAMS.forEach((name, code) => {
      const { last, acked, dropped } = this.#state(code);
      if (last > 0) streams[name] = { last, acked: acked.toRanges(), dropped: dropped.toRanges() };
    });
    return { spoolId: this.spoolId, streams };
  }

  /**
   * Writes the checkpoint if something changed, and only then removes the segments that it covers: oldest first,
   * sealed, all settled, no open intent. What later also waits for the watermark is decided here. On a full disk the
   * oldest of them goes first, to make room for the checkpoint: a crash just then makes its numbers look like drops.
   * @throws on I/O errors.
   */
  async saveProgress(): Promise<void> {
    if (!this.#changed) return;
    this.#changed = false;
    const isFree = (segment: SpoolSegment): boolean =>
      segment.sealed && segment.pending === 0 && segment.openIntents === 0;
    const kept = this.segments.findIndex((segment) => !isFree(segment));
    const free = this.segments.slice(0, kept === -1 ? this.segments.length : kept);
    try {
      await this.#writeCheckpoint(free);
    } catch (error) {
      this.#changed = true;
      throw error;
    }
    for (const segment of free) this.#remove(segment);
  }

  /** Removes the folder, lock and all, in a way that nobody can adopt the half of it. @throws on I/O errors. */
  async remove(): Promise<void> {
    const gone = join(dirname(this.dir), `.${this.spoolId}.gone`);
    await rename(this.dir, gone);
    this.segments.length = 0;
    this.bytes = 0;
    this.lock?.release();
    this.lock = null;
    await rm(gone, { recursive: true, force: true });
  }

  async #writeCheckpoint(free: SpoolSegment[]): Promise<void> {
    try {
      await writeCheckpoint(this.dir, this.toCheckpoint());
    } catch (error) {
      const oldest = free.shift();
      if (oldest === undefined) throw error;
      this.#remove(oldest);
      await writeCheckpoint(this.dir, this.toCheckpoint());
    }
  }

  #settled(segment: SpoolSegment): void {
    segment.pending -= 1;
    this.pending -= 1;
    this.#changed = true;
  }

  #remove(segment: SpoolSegment): void {
    this.segments.splice(this.segments.indexOf(segment), 1);
    this.bytes -= segment.bytes;
    try {
      unlinkSync(segment.path);
    } catch {
      // Gone already, or the folder is read-only: all of it is acked, who adopts the folder will see that.
    }
  }

  #state(streamCode: number): StreamState {
    const state = this.#streams[streamCode];
    // Codes come from SPOOLED_STREAMS or from a frame with a good CRC, written by a newer version.
    if (state === undefined) throw new RangeError(`spool: unknown stream code ${streamCode}`);
    return state;
  }
}

function toStreamState(progress: StreamProgress | undefined): StreamState {
  return {
    last: progress?.last ?? 0,
    acked: new SequenceSet(progress?.acked),
    dropped: new SequenceSet(progress?.dropped),
  };
}
