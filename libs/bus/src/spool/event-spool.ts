// The edge's own store of events: written before anything else happens to them, kept until their PubAck.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type BusLog, toErrorFacts } from '../bus-log.js';
import { AdoptedSpools } from './adopted-spools.js';
import { Backlog } from './backlog.js';
import { readBootId } from './boot-id.js';
import { listCarriedOver } from './carry-over.js';
import type { EventSpoolOptions, SpoolStats } from './event-spool.types.js';
import { FolderWriter } from './folder-writer.js';
import { type EventFrame, FrameEncoder } from './frame.js';
import type { SpoolRecord, UnnumberedEvent } from './group-commit.js';
import { LiveEvents } from './live-events.js';
import { OneAtATime } from './one-at-a-time.js';
import { type GroupMember, RecordGroup } from './record-group.js';
import { nodeSpoolFiles } from './spool-files.js';
import { SpoolFolder, type SpooledEvent, type SpoolSegment } from './spool-folder.js';
import { REQUESTS_CODE } from './spooled-streams.js';
import { SPOOL_DEFAULTS } from './spool-defaults.js';
import { TroubleLog } from './trouble-log.js';

/** The last part of a full spool is for the outcomes of what has begun. */
const INTENT_SHARE = 15 / 16;

/** Where an event is before it is written. */
const NOWHERE: SpoolSegment = new SpoolFolder('', '').toSegment(0, 0);

/**
 * A spool: one folder of this process, and the folders of dead processes that it adopted.
 *
 * What appends is for the request path: synchronous, one write(2), never throws. A record that cannot be stored is
 * counted and the service goes on. The rest is for {@link EventPublisher}.
 */
export class EventSpool {
  /** UUID of this process's folder; the first half of every number. */
  readonly spoolId = randomUUID();
  /** Called after each event that waits for the publisher. Must be cheap and must not throw. */
  onAppended: () => void = () => undefined;
  readonly #maxBytes: number;
  readonly #log: BusLog;
  readonly #trouble: TroubleLog;
  readonly #writer: FolderWriter;
  readonly #recoverIntent: EventSpoolOptions['recoverIntent'];
  readonly #folder: SpoolFolder;
  readonly #encoder = new FrameEncoder();
  readonly #group = new RecordGroup();
  readonly #live: LiveEvents;
  readonly #backlog: Backlog;
  readonly #adopted: AdoptedSpools;
  readonly #timers: NodeJS.Timeout[];
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
    const { rootDir } = options;
    this.#maxBytes = options.maxBytes ?? SPOOL_DEFAULTS.maxBytes;
    this.#log = options.log;
    const files = options.files ?? nodeSpoolFiles;
    const segmentBytes = options.segmentBytes ?? SPOOL_DEFAULTS.segmentBytes;
    this.#live = new LiveEvents(options.liveQueue ?? SPOOL_DEFAULTS.liveQueue);
    this.#backlog = new Backlog((damage) => {
      this.#damagedBytes += damage.damagedBytes;
      this.#log.error(damage, 'a spool segment is damaged; what cannot be read is counted as dropped');
    });
    this.#adopted = new AdoptedSpools({
      rootDir,
      backlog: this.#backlog,
      recoverIntent: options.recoverIntent,
      log: this.#log,
      files,
      segmentBytes,
      bootId: options.bootId ?? readBootId(),
      takeOver: (eventId, intentJson) => this.#takeOver(eventId, intentJson),
      sync: () => this.#sync(),
    });
    this.#recoverIntent = options.recoverIntent;
    this.#folder = new SpoolFolder(join(rootDir, this.spoolId), this.spoolId);
    this.#folder.bootId = options.bootId ?? readBootId();
    this.#trouble = new TroubleLog(options.log, { spoolId: this.spoolId, dir: rootDir }, () =>
      this.#folder.droppedCount(REQUESTS_CODE),
    );
    this.#writer = new FolderWriter({ rootDir, folder: this.#folder, segmentBytes, files });
    try {
      this.#writer.open();
    } catch (error) {
      this.#fail(error);
    }
    this.#timers = [
      this.#syncing.every(options.fsyncIntervalMs ?? SPOOL_DEFAULTS.fsyncIntervalMs),
      this.#saving.every(options.checkpointIntervalMs ?? SPOOL_DEFAULTS.checkpointIntervalMs),
      this.#adopting.every(options.adoptIntervalMs ?? SPOOL_DEFAULTS.adoptIntervalMs),
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
      this.#folder.openIntent(eventId, intentJson, this.#append(this.#encoder.buffer, length));
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
    const event = this.#toEvent({ streamCode: REQUESTS_CODE, eventId, subject, toJson });
    if (event !== null) this.#settle(event, this.#store(event));
  }

  /**
   * The same for several records, in order, by one write(2). When that fails each is tried by itself, so that what is
   * dropped is counted as exactly as ever. Never throws.
   */
  appendGroup(records: readonly SpoolRecord[]): void {
    for (const record of records) {
      const member = this.#toMember(record);
      if (member === null) continue;
      try {
        if (this.#group.add(this.#encoder, this.#encode(member), member)) continue;
        this.#writeGroup();
        if (this.#group.add(this.#encoder, this.#encode(member), member)) continue;
      } catch {
        this.#writeGroup(); // What is wrong with this one is told when it is stored alone.
      }
      this.#storeAlone(member);
    }
    this.#writeGroup();
  }

  /** Counters; cheap. */
  stats(): SpoolStats {
    return {
      appended: this.#appended,
      pending: this.#folder.pending,
      adoptedPending: this.#adopted.pending,
      droppedByStream: this.#folder.droppedByStream(),
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

  /** Number of requests' events that {@link takeLive} can give. */
  get liveLength(): number {
    return this.#live.length;
  }

  /** True while there are events that only the disk has. */
  get hasBacklog(): boolean {
    return !this.#backlog.isEmpty;
  }

  /** The oldest live requests' events. The caller has them until it calls {@link acknowledge} or {@link giveUp}. */
  takeLive(maxEvents: number): SpooledEvent[] {
    return this.#live.take(maxEvents);
  }

  /** The same for all live events of the other streams. */
  takeLiveOthers(): SpooledEvent[] {
    return this.#live.takeOthers();
  }

  /** The next events of all streams from disk, possibly none. Not for two callers at once. @throws on I/O errors. */
  async readBacklog(): Promise<SpooledEvent[]> {
    return this.#live.withoutInHand(await this.#backlog.read(), this.#folder.dir);
  }

  /** The event has its PubAck. */
  acknowledge(event: SpooledEvent): void {
    const { folder } = event.segment;
    if (folder === this.#folder) this.#live.settled(event);
    folder.acknowledge(event);
  }

  /** The event can never be published: it is counted as dropped. */
  giveUp(event: SpooledEvent): void {
    const { folder } = event.segment;
    if (folder === this.#folder) this.#live.settled(event);
    if (folder.giveUp(event) && folder !== this.#folder) this.#adopted.holes += 1;
  }

  /** Syncs, remembers what was acked, frees the lock; a folder in which nothing is left is removed. Never throws. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all([this.#syncing.done, this.#saving.done, this.#adopting.done]);
    await this.#backlog.close().catch((error: unknown) => this.#trouble.upkeepFailed(error));
    for (const error of await this.#writer.close()) this.#trouble.upkeepFailed(error);
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

  /** Null when it was dropped, which is counted. */
  #toEvent({ streamCode, eventId, subject, toJson }: UnnumberedEvent): SpooledEvent | null {
    const sequence = this.#folder.takeSequence(streamCode);
    const json = this.#toJson(toJson, sequence);
    if (json !== null) {
      return { streamCode, sequence, eventId, subject, json, jsonBytes: 0, segment: NOWHERE };
    }
    this.#drop({ streamCode, eventId, sequence });
    this.#folder.closeIntent(eventId);
    return null;
  }

  #toMember(record: SpoolRecord): GroupMember | null {
    if (record.kind === 'intent') return { ...record, json: record.intentJson };
    const event = this.#toEvent(record);
    return event === null ? null : { kind: 'event', event };
  }

  /** Into the encoder's buffer. @throws RangeError when the record is too long */
  #encode(member: GroupMember): number {
    if (member.kind === 'event') return this.#encoder.encodeEvent(member.event);
    return this.#encoder.encodeIntent(member.eventId, member.json);
  }

  #writeGroup(): void {
    const { buffer, length } = this.#group;
    if (length === 0) return;
    let segment: SpoolSegment | null = null;
    try {
      if (this.#usedBytes >= this.#maxBytes * INTENT_SHARE) throw new Error('the spool is nearly full');
      segment = this.#append(buffer, length);
    } catch {
      // Each by itself, below: that says why, and what it costs.
    }
    const at = segment;
    const base = (at?.bytes ?? 0) - length;
    this.#group.forEach((member, start, end) => {
      if (at === null) this.#storeAlone(member);
      else if (member.kind === 'intent') this.#folder.openIntent(member.eventId, member.json, at);
      else this.#settle(member.event, this.#noteStored(member.event, at, [base + start, base + end]));
    });
    this.#group.clear();
  }

  #storeAlone(member: GroupMember): void {
    if (member.kind === 'intent') this.appendIntent(member.eventId, member.json);
    else this.#settle(member.event, this.#store(member.event));
  }

  #store(event: SpooledEvent): boolean {
    try {
      const length = this.#encoder.encodeEvent(event);
      const segment = this.#append(this.#encoder.buffer, length);
      return this.#noteStored(event, segment, [segment.bytes - length, segment.bytes]);
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #noteStored(event: SpooledEvent, segment: SpoolSegment, [start, end]: readonly [number, number]): true {
    event.segment = segment;
    this.#trouble.stored();
    this.#folder.noteStored(event);
    this.#appended += 1;
    const offer = this.#live.offer(event);
    if (offer === 'left') this.#backlog.leave(event, start, end);
    else if (offer === 'kept') this.#backlog.endGap();
    return true;
  }

  /** The outcome is stored or dropped: its intent is over. */
  #settle(event: SpooledEvent, isStored: boolean): void {
    if (isStored) this.onAppended();
    else this.#drop(event);
    this.#folder.closeIntent(event.eventId);
    if (isStored && this.#droppedIntents.length > 0) this.#closeDroppedIntents();
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

  #drop({ streamCode, eventId, sequence }: Pick<EventFrame, 'streamCode' | 'eventId' | 'sequence'>): void {
    this.#folder.dropSequence(streamCode, sequence);
    if (this.#folder.intents.has(eventId)) this.#droppedIntents.push(eventId);
  }

  /** Requests that are counted as dropped must not come back as unknown after a restart: ends their intents. */
  #closeDroppedIntents(): void {
    try {
      for (let eventId = this.#droppedIntents.at(-1); eventId !== undefined;) {
        this.#append(this.#encoder.buffer, this.#encoder.encodeClosed(eventId));
        this.#droppedIntents.pop();
        eventId = this.#droppedIntents.at(-1);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #append(buffer: Buffer, length: number): SpoolSegment {
    if (this.#isClosed) throw new Error('the spool is closed');
    if (this.#usedBytes + length > this.#maxBytes) {
      throw new Error(`the spool is full (${this.#maxBytes} bytes)`);
    }
    return this.#writer.append(buffer, length);
  }

  get #usedBytes(): number {
    return this.#folder.bytes + this.#adopted.bytes;
  }

  #upkeep(work: () => Promise<void>): OneAtATime {
    return new OneAtATime(work, (error) => this.#trouble.upkeepFailed(error));
  }

  async #sync(): Promise<void> {
    for (const error of await this.#writer.sync()) {
      this.#log.error(
        { spoolId: this.spoolId, ...toErrorFacts(error) },
        'a spool segment could not be synced and is given up; a new one is begun',
      );
    }
  }

  async #saveProgress(): Promise<void> {
    for (const [eventId, json] of listCarriedOver(this.#folder)) this.appendIntent(eventId, json);
    const own = this.#folder.lock === null ? Promise.resolve() : this.#folder.saveProgress();
    const results = await Promise.allSettled([own, this.#adopted.saveProgress()]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  async #adopt(): Promise<void> {
    await this.#adopted.adopt();
    this.onAppended();
  }

  /** A record that is too long is its own fault; everything else is the disk's. */
  #fail(error: unknown): void {
    if (error instanceof RangeError) this.#trouble.refused(error);
    else this.#trouble.failed(error);
  }
}
