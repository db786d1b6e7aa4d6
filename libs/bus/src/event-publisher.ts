// Spool -> JetStream. The spool owns each event until its PubAck; what is in memory here may be lost at any time.
import {
  createInbox,
  headers,
  type Msg,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node';
import { REQUEST_BATCH_MAX_BYTES, REQUEST_BATCH_MAX_EVENTS } from '@sluice/contracts';
import { type BusLog, toErrorFacts } from './bus-log.js';
import type { NatsLink } from './nats-connection.js';
import {
  contentTypeOf,
  cutBatches,
  toMessageId,
  toPayload,
  type BatchLimits,
  type OutgoingBatch,
} from './publisher/outgoing-batch.js';
import { readPubAck } from './publisher/read-pub-ack.js';
import { SendLane } from './publisher/send-lane.js';
import type { EventSpool } from './spool/event-spool.js';
import type { SpooledEvent } from './spool/spool-folder.js';
import { REQUESTS_CODE, SPOOLED_STREAMS } from './spool/spooled-streams.js';

/** What a publisher works with. It owns neither the spool nor the connection. */
export interface EventPublisherOptions {
  readonly spool: EventSpool;
  readonly nats: NatsLink;
  readonly log: BusLog;
  /** Messages of one stream that may be without their PubAck. Default 32 (at ≤ 512 KiB, usually about 64 KiB). */
  readonly maxInFlight?: number;
  /** Longest wait of an event for others of its subject. Default 20 ms; the contract says ≤ 50 ms. */
  readonly flushIntervalMs?: number;
  /** After this the message is sent again. Default 5 s. */
  readonly ackTimeoutMs?: number;
}

/** Counters of one publisher. */
export interface PublisherStats {
  /** Messages and events with a PubAck. */
  readonly publishedMessages: number;
  readonly publishedEvents: number;
  /** Messages that were sent once more. */
  readonly resentMessages: number;
  /** Events too large for NATS; the spool counts them as dropped. */
  readonly oversizedEvents: number;
  readonly inFlight: number;
  /** False while messages are refused or not answered. */
  readonly isFlowing: boolean;
}

const DEFAULT_MAX_IN_FLIGHT = 32;
const DEFAULT_FLUSH_INTERVAL_MS = 20;
const DEFAULT_ACK_TIMEOUT_MS = 5_000;
const SWEEP_INTERVAL_MS = 250;
/** Of a stream beside the requests': a few megabytes. Above it, its oldest are given up, so that requests never wait for it. */
const MAX_WAITING = 8_192;
/**
 * Of requests that NATS refuses: so much is read from disk in search of other streams' events. Above it the rest stays on
 * disk, those among it too, until requests flow again; what is appended meanwhile does not wait.
 */
const MAX_REFUSED_BYTES = 8 * 1024 * 1024;
/** Room for our headers under NATS's max_payload, which counts them. */
const HEADER_BYTES = 512;

/**
 * Publishes what the spool holds, live events first, then what only the disk has. All of its work is off the
 * request's turn of the event loop. It bears NATS being down, frozen, killed or without streams: it keeps trying.
 */
export class EventPublisher {
  readonly #spool: EventSpool;
  readonly #nats: NatsLink;
  readonly #log: BusLog;
  readonly #flushIntervalMs: number;
  readonly #ackTimeoutMs: number;
  readonly #inbox: string;
  /** Not done, by id: sent ones and those that wait to be sent again. A late ack still counts. */
  readonly #unacked = new Map<number, OutgoingBatch>();
  readonly #waiters = new Set<() => void>();
  /** By stream code. */
  readonly #lanes: readonly SendLane[];
  #acks: Subscription | null = null;
  #flushTimer: NodeJS.Timeout | null = null;
  #sweepTimer: NodeJS.Timeout | null = null;
  #stopWatching: () => void = () => undefined;
  #isPumpDue = false;
  #isReadingBacklog = false;
  #isBacklogReadable = true;
  #publishedMessages = 0;
  #publishedEvents = 0;
  #resentMessages = 0;
  #oversizedEvents = 0;

  constructor(options: EventPublisherOptions) {
    this.#spool = options.spool;
    this.#nats = options.nats;
    this.#inbox = createInbox(options.nats.inboxPrefix);
    this.#log = options.log;
    this.#flushIntervalMs = options.flushIntervalMs ?? DEFAULT_FLUSH_INTERVAL_MS;
    this.#ackTimeoutMs = options.ackTimeoutMs ?? DEFAULT_ACK_TIMEOUT_MS;
    const window = options.maxInFlight ?? DEFAULT_MAX_IN_FLIGHT;
    this.#lanes = SPOOLED_STREAMS.map(() => new SendLane(window));
  }

  /** Begins to publish, as soon as NATS is there. */
  start(): void {
    if (this.#sweepTimer !== null) return;
    this.#sweepTimer = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS);
    this.#stopWatching = this.#nats.onChange((isConnected) => this.#connectionChanged(isConnected));
    this.#spool.onAppended = () => this.#eventAppended();
    this.#pump();
  }

  /** Counters; cheap. */
  stats(): PublisherStats {
    return {
      publishedMessages: this.#publishedMessages,
      publishedEvents: this.#publishedEvents,
      resentMessages: this.#resentMessages,
      oversizedEvents: this.#oversizedEvents,
      inFlight: this.#lanes.reduce((sum, { inFlight }) => sum + inFlight, 0),
      isFlowing: this.#lanes.every(({ pace }) => pace.isFlowing),
    };
  }

  /** Waits until every event of this process has its PubAck; false when that took longer. Never throws. */
  async flush(timeoutMs: number): Promise<boolean> {
    this.#pump();
    if (this.#isDrained) return true;
    return new Promise<boolean>((resolve) => {
      const finish = (): void => {
        if (!this.#isDrained && performance.now() < deadline) return;
        clearTimeout(timer);
        this.#waiters.delete(finish);
        resolve(this.#isDrained);
      };
      const deadline = performance.now() + timeoutMs;
      const timer = setTimeout(finish, timeoutMs + 1);
      this.#waiters.add(finish);
    });
  }

  /** Flushes for at most so long and stops. What has no PubAck stays in the spool for the next start. */
  async close(timeoutMs: number): Promise<boolean> {
    const isFlushed = this.#sweepTimer === null ? this.#isDrained : await this.flush(timeoutMs);
    this.#spool.onAppended = () => undefined;
    this.#stopWatching();
    if (this.#sweepTimer !== null) clearInterval(this.#sweepTimer);
    if (this.#flushTimer !== null) clearTimeout(this.#flushTimer);
    this.#sweepTimer = null;
    this.#acks?.unsubscribe();
    this.#acks = null;
    return isFlushed;
  }

  get #isDrained(): boolean {
    return this.#spool.pending === 0;
  }

  #eventAppended(): void {
    if (this.#spool.liveLength >= REQUEST_BATCH_MAX_EVENTS) this.#pumpSoon();
    else this.#flushTimer ??= setTimeout(() => this.#pump(), this.#flushIntervalMs);
  }

  #pumpSoon(): void {
    if (this.#isPumpDue) return;
    this.#isPumpDue = true;
    setImmediate(() => this.#pump());
  }

  #connectionChanged(isConnected: boolean): void {
    // The client throws away what it had not written: nothing of it can be relied on.
    if (!isConnected) this.#takeBack(() => true, 'the connection to NATS was lost');
    else for (const { pace } of this.#lanes) pace.retryNow(performance.now());
    this.#pump();
  }

  #sweep(): void {
    const overdue = performance.now() - this.#ackTimeoutMs;
    this.#takeBack((batch) => batch.sentAtMs < overdue, 'NATS does not answer');
    this.#pump();
  }

  /** Sends as much as may be out. */
  #pump(): void {
    this.#isPumpDue = false;
    if (this.#flushTimer !== null) clearTimeout(this.#flushTimer);
    this.#flushTimer = null;
    const connection = this.#nats.connection();
    if (connection === null || !this.#nats.isConnected() || this.#sweepTimer === null) return;
    this.#acks ??= connection.subscribe(`${this.#inbox}.*`, {
      callback: (error, message) => {
        if (error === null) this.#replied(message);
      },
    });
    // Requests are taken as they can be sent, all else at once: no lane waits for another's pace.
    this.#enqueue(this.#spool.takeLiveOthers());
    this.#searchBacklog();
    for (const [streamCode, lane] of this.#lanes.entries()) {
      while (lane.pace.allowed(performance.now(), lane.inFlight) > 0) {
        const batch = this.#nextBatch(streamCode, lane);
        if (batch === null) break;
        this.#send(connection, batch);
      }
    }
  }

  #nextBatch(streamCode: number, lane: SendLane): OutgoingBatch | null {
    for (;;) {
      const batch = lane.take();
      if (batch !== undefined) return batch;
      if (streamCode !== REQUESTS_CODE) return null;
      const live = this.#spool.takeLive(REQUEST_BATCH_MAX_EVENTS * 4);
      if (live.length === 0) break;
      this.#enqueue(live);
    }
    if (this.#spool.hasBacklog) void this.#readBacklog();
    return null;
  }

  /** While requests flow their lane reads the disk. While they are refused somebody else's events may lie behind them. */
  #searchBacklog(): void {
    const requests = this.#lanes[REQUESTS_CODE];
    if (requests === undefined || requests.pace.isFlowing || !this.#spool.hasBacklog) return;
    if (requests.waitingBytes < MAX_REFUSED_BYTES) void this.#readBacklog();
  }

  #enqueue(events: readonly SpooledEvent[]): void {
    for (const batch of cutBatches(events, this.#limits)) {
      const lane = this.#laneOf(batch);
      lane.push(batch);
      if (batch.streamCode !== REQUESTS_CODE && lane.waiting > MAX_WAITING) this.#overflow(lane);
    }
  }

  #overflow(lane: SendLane): void {
    const oldest = lane.take();
    if (oldest === undefined) return;
    if (!lane.isOverflowTold) {
      this.#log.error(
        { stream: SPOOLED_STREAMS[oldest.streamCode], waiting: lane.waiting },
        'too many events wait for a stream that takes none; the oldest are dropped, drops are counted',
      );
    }
    lane.isOverflowTold = true;
    for (const event of this.#finish(oldest)) this.#spool.giveUp(event);
    for (const waiter of this.#waiters) waiter();
  }

  #laneOf({ streamCode }: OutgoingBatch): SendLane {
    const lane = this.#lanes[streamCode];
    // The spool reads no frame of a stream that it does not know.
    if (lane === undefined) throw new RangeError(`publisher: unknown stream code ${streamCode}`);
    return lane;
  }

  get #limits(): BatchLimits {
    const taken = this.#nats.connection()?.info?.max_payload ?? REQUEST_BATCH_MAX_BYTES;
    return {
      maxEvents: REQUEST_BATCH_MAX_EVENTS,
      maxBytes: Math.min(REQUEST_BATCH_MAX_BYTES, taken - HEADER_BYTES),
    };
  }

  async #readBacklog(): Promise<void> {
    if (this.#isReadingBacklog) return;
    this.#isReadingBacklog = true;
    try {
      this.#enqueue(await this.#spool.readBacklog());
      this.#pumpSoon();
      this.#isBacklogReadable = true;
    } catch (error) {
      // The sweep comes back to it.
      if (this.#isBacklogReadable) {
        this.#log.error(toErrorFacts(error), 'the spool cannot be read back; it is tried again');
      }
      this.#isBacklogReadable = false;
    } finally {
      this.#isReadingBacklog = false;
    }
  }

  #send(connection: NatsConnection, batch: OutgoingBatch): void {
    const maxBytes = (connection.info?.max_payload ?? REQUEST_BATCH_MAX_BYTES) - HEADER_BYTES;
    if (batch.bytes > maxBytes) {
      this.#cutSmaller(batch, `NATS takes ${maxBytes} bytes`);
      return;
    }
    const messageHeaders = headers();
    messageHeaders.set('content-type', contentTypeOf(batch));
    messageHeaders.set('Nats-Msg-Id', toMessageId(batch));
    if (this.#unacked.has(batch.id)) this.#resentMessages += 1;
    this.#unacked.set(batch.id, batch);
    try {
      connection.publish(batch.subject, toPayload(batch), {
        headers: messageHeaders,
        reply: `${this.#inbox}.${batch.id}`,
      });
    } catch (error) {
      // The connection is being closed.
      this.#laneOf(batch).putFirst([batch]);
      this.#failed(this.#laneOf(batch), toErrorFacts(error).error);
      return;
    }
    batch.sentAtMs = performance.now();
    this.#laneOf(batch).inFlight += 1;
  }

  #replied(message: Msg): void {
    const batch = this.#unacked.get(Number(message.subject.slice(this.#inbox.length + 1)));
    if (batch === undefined) return;
    const reply = readPubAck(message);
    if (reply.kind === 'stored' && reply.stream === SPOOLED_STREAMS[batch.streamCode]) this.#stored(batch);
    else if (reply.kind === 'too-large') this.#cutSmaller(batch, reply.reason);
    else {
      const reason = reply.kind === 'stored' ? `stream ${reply.stream} answered` : reply.reason;
      this.#takeBack((other) => other === batch, reason);
    }
    this.#pumpSoon();
  }

  #stored(batch: OutgoingBatch): void {
    const lane = this.#laneOf(batch);
    lane.leaveFlight(batch);
    const events = this.#finish(batch);
    for (const event of events) this.#spool.acknowledge(event);
    this.#publishedMessages += 1;
    this.#publishedEvents += events.length;
    if (!lane.pace.isFlowing) {
      this.#log.info({ stream: SPOOLED_STREAMS[batch.streamCode] }, 'events are stored by NATS again');
    }
    lane.isOverflowTold = false;
    lane.pace.succeeded();
    for (const waiter of this.#waiters) waiter();
  }

  /** A message that NATS does not take: event by event, and the one that is too large by itself is given up. */
  #cutSmaller(batch: OutgoingBatch, reason: string): void {
    const lane = this.#laneOf(batch);
    lane.leaveFlight(batch);
    const events = this.#finish(batch);
    const [first, ...others] = events;
    if (first === undefined) return;
    if (others.length > 0) {
      lane.putFirst(events.flatMap((event) => cutBatches([event], this.#limits)));
      return;
    }
    this.#oversizedEvents += 1;
    this.#spool.giveUp(first);
    this.#log.error(
      { eventId: first.eventId, bytes: first.jsonBytes, reason },
      'an event is too large to be published and is dropped; drops are counted',
    );
    for (const waiter of this.#waiters) waiter();
  }

  /** Messages that are out and will not be acked: they are sent again, before anything else. */
  #takeBack(isLost: (batch: OutgoingBatch) => boolean, reason: string): void {
    const lost = [...this.#unacked.values()].filter((batch) => batch.sentAtMs > 0 && isLost(batch));
    for (const [streamCode, lane] of this.#lanes.entries()) {
      const ofLane = lost.filter((batch) => batch.streamCode === streamCode);
      if (ofLane.length === 0) continue;
      for (const batch of ofLane) lane.leaveFlight(batch);
      lane.putFirst(ofLane);
      this.#failed(lane, reason);
    }
  }

  /** Ends the batch and hands its events over. */
  #finish(batch: OutgoingBatch): readonly SpooledEvent[] {
    const { events } = batch;
    batch.isDone = true;
    this.#unacked.delete(batch.id);
    // A Map's outgrown tables keep what they held until the next major collection: leave them nothing heavy.
    batch.events = [];
    return events;
  }

  #failed(lane: SendLane, reason: string): void {
    if (!lane.pace.failed(performance.now())) return;
    const stream = SPOOLED_STREAMS[this.#lanes.indexOf(lane)];
    this.#log.warn(
      { address: this.#nats.address, stream, reason, pending: this.#spool.pending },
      `events are not stored by NATS at ${this.#nats.address} (NATS_URL); they wait in the spool`,
    );
  }
}
