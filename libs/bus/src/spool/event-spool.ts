// The edge's own store of events: written before anything else happens to them, kept until their PubAck.
import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { type BusLog, toErrorFacts } from '../bus-log.js';
import { LOCK_FILE } from './adopt-folders.js';
import { AdoptedSpools } from './adopted-spools.js';
import { Backlog } from './backlog.js';
import { readBootId } from './boot-id.js';
import type { EventSpoolOptions, SpoolStats } from './event-spool.types.js';
import { FrameEncoder } from './frame.js';
import { LiveQueue } from './live-queue.js';
import { OneAtATime } from './one-at-a-time.js';
import { SegmentWriter } from './segment-writer.js';
import { nodeSpoolFiles, type SpoolFiles } from './spool-files.js';
import { SpoolFolder, type SpooledEvent, type SpoolSegment } from './spool-folder.js';
import { takeSpoolLock } from './spool-lock.js';
import { REQUESTS_CODE, SPOOLED_STREAMS, type SpooledStream } from './spooled-streams.js';
import { TroubleLog } from './trouble-log.js';

const MIB = 1024 * 1024;
const DEFAULT_MAX_BYTES = 1024 * MIB;
const DEFAULT_SEGMENT_BYTES = 8 * MIB;
const DEFAULT_FSYNC_INTERVAL_MS = 200;
const DEFAULT_CHECKPOINT_INTERVAL_MS = 1_000;
const DEFAULT_ADOPT_INTERVAL_MS = 60_000;
const DEFAULT_LIVE_QUEUE = { maxEvents: 8192, maxBytes: 8 * MIB };
/** A folder that could not be made is tried again, but not by every request. */
const RETRY_FOLDER_MS = 1_000;
/** The last part of a full spool is for the outcomes of what has begun. */
const INTENT_SHARE = 15 / 16;
/** A segment that only open intents hold is freed by writing these again, once so many follow it. */
const CARRY_OVER_AFTER_SEGMENTS = 4;

/** Where an event is before it is written. */
const NOWHERE: SpoolSegment = new SpoolFolder('', '').toSegment(0, 0);

/**
 * A spool: one folder of this process, and the folders of dead processes that it adopted.
 *
 * `appendIntent` and `appendRequestEvent` are for the request path: synchronous, one write(2), they never throw. A
 * record that cannot be stored is counted and the service goes on. The rest is for {@link EventPublisher}.
 */
export class EventSpool {
  /** UUID of this process's folder; the first half of every number. */
  readonly spoolId = randomUUID();
  /** Called after each event that waits for the publisher. Must be cheap and must not throw. */
  onAppended: () => void = () => undefined;
  readonly #rootDir: string;
  readonly #maxBytes: number;
  readonly #segmentBytes: number;
  readonly #log: BusLog;
  readonly #trouble: TroubleLog;
  readonly #files: SpoolFiles;
  readonly #recoverIntent: EventSpoolOptions['recoverIntent'];
  readonly #folder: SpoolFolder;
  readonly #encoder = new FrameEncoder();
  readonly #live: LiveQueue;
  readonly #backlog: Backlog;
  readonly #adopted: AdoptedSpools;
  readonly #timers: NodeJS.Timeout[];
  #writer: SegmentWriter | null = null;
  #retryFolderAt = 0;
  #appended = 0;
  #intentsNotStored = 0;
  #damagedBytes = 0;
  readonly #syncing = this.#upkeep(() => this.#sync());
  readonly #saving = this.#upkeep(() => this.#saveProgress());
  readonly #adopting = this.#upkeep(() => this.#adopt());
  /** Stored intents whose outcome was dropped; no more than were open when storing failed. */
  readonly #droppedIntents: string[] = [];
  #isClosed = false;

  private constructor(options: EventSpoolOptions) {
    this.#rootDir = options.rootDir;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    this.#log = options.log;
    this.#files = options.files ?? nodeSpoolFiles;
    this.#live = new LiveQueue(options.liveQueue ?? DEFAULT_LIVE_QUEUE);
    this.#backlog = new Backlog((damage) => {
      this.#damagedBytes += damage.damagedBytes;
      this.#log.error(damage, 'a spool segment is damaged; what cannot be read is counted as dropped');
    });
    this.#adopted = new AdoptedSpools({
      rootDir: this.#rootDir,
      backlog: this.#backlog,
      recoverIntent: options.recoverIntent,
      log: this.#log,
      files: this.#files,
      segmentBytes: this.#segmentBytes,
      bootId: options.bootId ?? readBootId(),
      takeOver: (eventId, intentJson) => this.#takeOver(eventId, intentJson),
      sync: () => this.#sync(),
    });
    this.#recoverIntent = options.recoverIntent;
    this.#folder = new SpoolFolder(join(this.#rootDir, this.spoolId), this.spoolId);
    this.#folder.bootId = options.bootId ?? readBootId();
    this.#trouble = new TroubleLog(options.log, { spoolId: this.spoolId, dir: this.#rootDir }, () =>
      this.#folder.droppedCount(REQUESTS_CODE),
    );
    try {
      this.#openFolder();
    } catch (error) {
      this.#fail(error);
    }
    this.#timers = [
      this.#syncing.every(options.fsyncIntervalMs ?? DEFAULT_FSYNC_INTERVAL_MS),
      this.#saving.every(options.checkpointIntervalMs ?? DEFAULT_CHECKPOINT_INTERVAL_MS),
      this.#adopting.every(options.adoptIntervalMs ?? DEFAULT_ADOPT_INTERVAL_MS),
    ];
    this.#adopting.run();
  }

  /** Opens a spool. A folder that cannot be written does not stop it: records are dropped and counted. */
  static open(options: EventSpoolOptions): EventSpool {
    return new EventSpool(options);
  }

  /** Records that a request has begun. A later intent of the same event id replaces the earlier. Never throws. */
  appendIntent(eventId: string, intentJson: string): void {
    if (this.#usedBytes >= this.#maxBytes * INTENT_SHARE) {
      this.#intentsNotStored += 1;
      return;
    }
    try {
      const length = this.#encoder.encodeIntent(eventId, intentJson);
      this.#folder.openIntent(eventId, intentJson, this.#write(length));
    } catch (error) {
      this.#intentsNotStored += 1;
      this.#fail(error);
    }
  }

  /**
   * Takes the next number of SLUICE_REQUESTS, stores the event and ends its intent. `toJson` gets the number and
   * returns the CloudEvent. Never throws.
   */
  appendRequestEvent(eventId: string, subject: string, toJson: (spoolSeq: number) => string): void {
    const sequence = this.#folder.takeSequence(REQUESTS_CODE);
    const json = this.#toJson(toJson, sequence);
    const isStored =
      json !== null &&
      this.#store({
        streamCode: REQUESTS_CODE,
        sequence,
        eventId,
        subject,
        json,
        jsonBytes: 0,
        segment: NOWHERE,
      });
    if (isStored) this.onAppended();
    else this.#drop(eventId, sequence);
    this.#folder.closeIntent(eventId);
    if (isStored && this.#droppedIntents.length > 0) this.#closeDroppedIntents();
  }

  /** Counters; cheap. */
  stats(): SpoolStats {
    return {
      appended: this.#appended,
      pending: this.#folder.pending,
      adoptedPending: this.#adopted.pending,
      droppedByStream: this.#droppedByStream(),
      openIntents: this.#folder.intents.size,
      intentsNotStored: this.#intentsNotStored,
      intentsRecovered: this.#adopted.intentsRecovered,
      bytes: this.#usedBytes,
      segments: this.#folder.segments.length + this.#adopted.segments,
      adoptedSpools: this.#adopted.size,
      adoptedHoles: this.#adopted.holes,
      damagedBytes: this.#damagedBytes + this.#adopted.damagedBytes,
      isStoring: this.#trouble.isStoring,
    };
  }

  /** Events of this process that have neither a PubAck nor been given up. */
  get pending(): number {
    return this.#folder.pending;
  }

  /** Number of events that {@link takeLive} can give. */
  get liveLength(): number {
    return this.#live.length;
  }

  /** True while there are events that only the disk has. */
  get hasBacklog(): boolean {
    return !this.#backlog.isEmpty;
  }

  /** The oldest live events. The caller has them until it calls {@link acknowledge} or {@link giveUp}. */
  takeLive(maxEvents: number): SpooledEvent[] {
    return this.#live.take(maxEvents);
  }

  /** The next events from disk, possibly none. Not for two callers at once. @throws on I/O errors. */
  readBacklog(): Promise<SpooledEvent[]> {
    return this.#backlog.read();
  }

  /** The event has its PubAck. */
  acknowledge(event: SpooledEvent): void {
    event.segment.folder.acknowledge(event);
  }

  /** The event can never be published: it is counted as dropped. */
  giveUp(event: SpooledEvent): void {
    const { folder } = event.segment;
    if (folder.giveUp(event) && folder !== this.#folder) this.#adopted.holes += 1;
  }

  /** Syncs, remembers what was acked, frees the lock; a folder in which nothing is left is removed. Never throws. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all([this.#syncing.done, this.#saving.done, this.#adopting.done]);
    await this.#backlog.close().catch((error: unknown) => this.#trouble.upkeepFailed(error));
    for (const error of (await this.#writer?.close()) ?? []) this.#trouble.upkeepFailed(error);
    this.#writer = null;
    await this.#saveProgress().catch((error: unknown) => this.#trouble.upkeepFailed(error));
    this.#adopted.release();
    if (this.#folder.lock !== null && this.#folder.isFinished) {
      await this.#folder.remove().catch((error: unknown) => this.#trouble.upkeepFailed(error));
    }
    this.#folder.lock?.release();
    this.#folder.lock = null;
  }

  /** Null when the caller's function failed, which is no fault of the disk. */
  #toJson(toJson: (spoolSeq: number) => string, sequence: number): string | null {
    try {
      return toJson(sequence);
    } catch (error) {
      this.#trouble.refused(error);
      return null;
    }
  }

  #store(event: SpooledEvent): boolean {
    try {
      const length = this.#encoder.encodeEvent(event);
      event.segment = this.#write(length);
      this.#trouble.stored();
      this.#folder.noteStored(event);
      this.#appended += 1;
      if (this.#live.offer(event)) this.#backlog.endGap();
      else this.#backlog.leave(event, length);
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  /** An intent of a process that the machine's end cut off. What cannot be made an event is given up. */
  #takeOver(eventId: string, intentJson: string): boolean {
    const sequence = this.#folder.peekSequence(REQUESTS_CODE);
    try {
      const { subject, eventJson } = this.#recoverIntent(intentJson, {
        spoolId: this.spoolId,
        spoolSeq: sequence,
      });
      this.appendRequestEvent(eventId, subject, () => eventJson);
      return !this.#folder.isSettled(REQUESTS_CODE, sequence);
    } catch (error) {
      this.#trouble.refused(error);
      return true;
    }
  }

  #drop(eventId: string, sequence: number): void {
    this.#folder.dropSequence(REQUESTS_CODE, sequence);
    if (this.#folder.intents.has(eventId)) this.#droppedIntents.push(eventId);
  }

  /** Requests that are counted as dropped must not come back as unknown after a restart: ends their intents. */
  #closeDroppedIntents(): void {
    try {
      for (let eventId = this.#droppedIntents.at(-1); eventId !== undefined;) {
        this.#write(this.#encoder.encodeClosed(eventId));
        this.#droppedIntents.pop();
        eventId = this.#droppedIntents.at(-1);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #write(length: number): SpoolSegment {
    if (this.#writer === null) this.#reopenFolder();
    const writer = this.#writer;
    if (writer === null || this.#isClosed) throw new Error('the spool has no folder to write to');
    if (this.#usedBytes + length > this.#maxBytes) {
      throw new Error(`the spool is full (${this.#maxBytes} bytes)`);
    }
    return writer.append(this.#encoder.buffer, length);
  }

  get #usedBytes(): number {
    return this.#folder.bytes + this.#adopted.bytes;
  }

  #reopenFolder(): void {
    const now = performance.now();
    if (now < this.#retryFolderAt || this.#isClosed) return;
    this.#retryFolderAt = now + RETRY_FOLDER_MS;
    this.#openFolder();
  }

  /** Makes the folder under another name first, so that nobody adopts it before it is locked. */
  #openFolder(): void {
    const made = join(this.#rootDir, `.${this.spoolId}.new`);
    mkdirSync(made, { recursive: true, mode: 0o700 });
    const lock = takeSpoolLock(join(made, LOCK_FILE));
    if (lock === null) throw new Error('somebody else holds the lock of a new spool folder');
    try {
      renameSync(made, this.#folder.dir);
    } catch (error) {
      lock.release();
      throw error;
    }
    this.#folder.lock = lock;
    this.#writer = new SegmentWriter({
      folder: this.#folder,
      segmentBytes: this.#segmentBytes,
      files: this.#files,
    });
  }

  #upkeep(work: () => Promise<void>): OneAtATime {
    return new OneAtATime(work, (error) => this.#trouble.upkeepFailed(error));
  }

  async #sync(): Promise<void> {
    for (const error of (await this.#writer?.sync()) ?? []) {
      this.#log.error(
        { spoolId: this.spoolId, ...toErrorFacts(error) },
        'a spool segment could not be synced and is given up; a new one is begun',
      );
    }
  }

  async #saveProgress(): Promise<void> {
    this.#carryOver();
    const own = this.#folder.lock === null ? Promise.resolve() : this.#folder.saveProgress();
    const results = await Promise.allSettled([own, this.#adopted.saveProgress()]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** Open intents would keep the oldest segment for as long as their requests last: writes them again. */
  #carryOver(): void {
    const { segments, intents } = this.#folder;
    const [oldest] = segments;
    if (oldest === undefined || segments.length <= CARRY_OVER_AFTER_SEGMENTS) return;
    if (!oldest.sealed || oldest.pending > 0 || oldest.openIntents === 0) return;
    for (const [eventId, intent] of [...intents]) {
      if (intent.segment === oldest) this.appendIntent(eventId, intent.json);
    }
  }

  async #adopt(): Promise<void> {
    await this.#adopted.adopt();
    this.onAppended();
  }

  #droppedByStream(): Record<SpooledStream, number> {
    const count = (stream: SpooledStream): number =>
      this.#folder.droppedCount(SPOOLED_STREAMS.indexOf(stream));
    return {
      SLUICE_REQUESTS: count('SLUICE_REQUESTS'),
      SLUICE_AUDIT: count('SLUICE_AUDIT'),
      SLUICE_DEBUG: count('SLUICE_DEBUG'),
      SLUICE_HEALTH: count('SLUICE_HEALTH'),
    };
  }

  /** A record that is too long is its own fault; everything else is the disk's. */
  #fail(error: unknown): void {
    if (error instanceof RangeError) this.#trouble.refused(error);
    else this.#trouble.failed(error);
  }
}
