import type { ServerResponse } from 'node:http';
import { LIVE_SUBJECT, liveNumbersSchema } from '@sluice/contracts';
import type { NatsLink } from '@sluice/bus/publishing';
import type { Logger } from '@sluice/service-kit';

/** What a {@link LiveFeed} needs. */
export interface LiveFeedOptions {
  readonly nats: Pick<NatsLink, 'ready' | 'isConnected'>;
  /** Of these sessions, those that go on and may see live numbers; rejects while nobody knows. */
  readonly findOpen: (tokenHashes: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly onCount: (clients: number) => void;
  readonly log: Logger;
  /** Monotonic milliseconds. */
  readonly now: () => number;
}

/** Why no numbers come: NATS cannot be reached, or nobody publishes them. */
type Absence = 'nats' | 'publisher';

interface Client {
  readonly response: ServerResponse;
  readonly tokenHash: string;
  /** When its session was last known to go on. */
  confirmedAtMs: number;
}

/** Streams that are open at a time; each holds a connection. */
export const MOST_LIVE_CLIENTS = 100;
/** A message has at most about 25 KB: who has ten of them waiting does not read. */
const MOST_WAITING_BYTES = 256 * 1024;
const TICK_MS = 1_000;
/** So long a client may take to read why its stream ends. */
const LAST_WORDS_MS = 2_000;
const HEARTBEAT_TICKS = 15;
/** A sign-out ends the stream within this time. */
const SESSION_CHECK_TICKS = 5;
/** While the database is away nobody knows who has signed out; longer than this is too long. */
const LONGEST_UNCONFIRMED_MS = 60_000;
/** Every publisher hears the whole fleet, so one is enough; another takes over when it is silent. */
const NEXT_PUBLISHER_AFTER_MS = 3_000;
const SILENT_AFTER_MS = 5_000;

/** Hands the live numbers of the bus to all who look: one subscription, however many clients. */
export class LiveFeed {
  private readonly clients = new Set<Client>();
  private latest: { readonly text: string; readonly instance: string; readonly atMs: number } | undefined;
  private absence: Absence | undefined;
  private ticks = 0;
  private timer: NodeJS.Timeout | undefined;
  private unsubscribe: (() => void) | undefined;
  private checking = false;
  private hasStopped = false;

  constructor(private readonly options: LiveFeedOptions) {}

  /** Subscribes as soon as NATS is there. */
  start(): void {
    void this.listen();
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  /** Tells every client and ends its stream; takes no more. */
  stop(): void {
    this.hasStopped = true;
    clearInterval(this.timer);
    this.unsubscribe?.();
    for (const client of this.clients) this.end(client, 'stopping');
  }

  /** True when one more may join. */
  get hasRoom(): boolean {
    return !this.hasStopped && this.clients.size < MOST_LIVE_CLIENTS;
  }

  /** Streams to the response, whose head is written, until it is closed or its session ends. */
  join(response: ServerResponse, tokenHash: string): void {
    const client: Client = { response, tokenHash, confirmedAtMs: this.options.now() };
    this.clients.add(client);
    this.options.onCount(this.clients.size);
    response.once('close', () => this.leave(client));
    // Nobody else listens to a reply that was taken over, and an error that nobody hears ends the process.
    response.on('error', () => response.destroy());
    const absence = this.findAbsence();
    if (absence === undefined && this.latest !== undefined) this.send(client, toMessage(this.latest.text));
    else this.send(client, toAway(absence ?? 'publisher'));
  }

  /** A message of the bus. What is no live numbers is nobody's. */
  take(bytes: Uint8Array): void {
    const text = new TextDecoder().decode(bytes);
    const parsed = liveNumbersSchema.safeParse(parseJson(text));
    if (!parsed.success) {
      this.options.log.debug('a message is no live numbers');
      return;
    }
    const { instance } = parsed.data;
    const atMs = this.options.now();
    const isOther = this.latest !== undefined && this.latest.instance !== instance;
    if (isOther && atMs - (this.latest?.atMs ?? 0) < NEXT_PUBLISHER_AFTER_MS) return;
    // As parsed: nothing that the schema does not name goes on to browsers.
    this.latest = { text: JSON.stringify(parsed.data), instance, atMs };
    this.absence = undefined;
    for (const client of this.clients) this.send(client, toMessage(this.latest.text));
  }

  /** Once a second; called by the timer, and by tests. */
  tick(): void {
    this.ticks += 1;
    const absence = this.findAbsence();
    if (absence !== this.absence && absence !== undefined) {
      for (const client of this.clients) this.send(client, toAway(absence));
    }
    this.absence = absence;
    if (this.ticks % HEARTBEAT_TICKS === 0) {
      for (const client of this.clients) this.send(client, ':\n\n');
    }
    if (this.ticks % SESSION_CHECK_TICKS === 0) void this.checkSessions();
  }

  private findAbsence(): Absence | undefined {
    if (!this.options.nats.isConnected()) return 'nats';
    const isFresh = this.latest !== undefined && this.options.now() - this.latest.atMs < SILENT_AFTER_MS;
    return isFresh ? undefined : 'publisher';
  }

  private async checkSessions(): Promise<void> {
    if (this.clients.size === 0 || this.checking) return;
    this.checking = true;
    const asked = [...this.clients];
    try {
      const open = await this.options.findOpen([...new Set(asked.map((client) => client.tokenHash))]);
      for (const client of asked) {
        if (open.has(client.tokenHash)) client.confirmedAtMs = this.options.now();
        else this.end(client, 'session');
      }
    } catch (error) {
      this.options.log.debug({ err: error }, 'the sessions of live streams cannot be checked');
      const since = this.options.now() - LONGEST_UNCONFIRMED_MS;
      for (const client of asked) if (client.confirmedAtMs < since) this.end(client, 'session');
    } finally {
      this.checking = false;
    }
  }

  private async listen(): Promise<void> {
    try {
      const connection = await this.options.nats.ready;
      if (this.hasStopped) return;
      // Kept by the client over reconnects.
      const subscription = connection.subscribe(LIVE_SUBJECT, {
        callback: (error, message) => {
          if (error === null) this.take(message.data);
          else this.options.log.warn({ err: error }, 'the live numbers cannot be heard');
        },
      });
      this.unsubscribe = () => subscription.unsubscribe();
    } catch (error) {
      // The link was closed before its first connection: this process stops.
      this.options.log.debug({ err: error }, 'the live feed was never connected');
    }
  }

  private send(client: Client, text: string): void {
    const { response } = client;
    if (response.writableEnded || response.destroyed) return;
    if (response.writableLength + text.length > MOST_WAITING_BYTES) {
      response.destroy();
      return;
    }
    response.write(text);
  }

  private end(client: Client, reason: 'session' | 'stopping'): void {
    const { response } = client;
    // At once: who does not read does not close either, and must not be written to again.
    this.leave(client);
    if (response.writableEnded || response.destroyed) return;
    response.end(`event: ended\ndata: ${JSON.stringify({ reason })}\n\n`);
    const tooLate = setTimeout(() => response.destroy(), LAST_WORDS_MS).unref();
    response.once('close', () => clearTimeout(tooLate));
  }

  private leave(client: Client): void {
    if (this.clients.delete(client)) this.options.onCount(this.clients.size);
  }
}

const toMessage = (json: string): string => `data: ${json}\n\n`;

const toAway = (reason: Absence): string => `event: away\ndata: ${JSON.stringify({ reason })}\n\n`;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
