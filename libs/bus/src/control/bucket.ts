// A NATS key-value bucket as its readers and writers here need it. A bucket is a stream of which the last message of each
// subject counts, and a put is a plain message: who listens to the subjects hears it at once, and who comes later lists the
// stream. So nobody needs a consumer, which an edge may not make.
import type { Msg, MsgHdrs, NatsConnection, Subscription } from '@nats-io/transport-node';
import { headers } from '@nats-io/transport-node';
import type { NatsLink } from '../nats-connection.js';

/** One record of a bucket. */
export interface BucketEntry {
  /** Without the bucket's own prefix. */
  readonly key: string;
  readonly text: string;
  /** By the server's clock, ms since the epoch; null for one that is heard as it is put. */
  readonly storedAtMs: number | null;
  /** How long it has been stored, by the server's clock and never by its writer's. 0 for one that is heard. */
  readonly ageMs: number;
}

/** A reading of the server's clock. */
interface ServerTime {
  readonly serverMs: number;
  /** When it came, by this process's monotonic clock. */
  readonly readAtMs: number;
}

const REQUEST_TIMEOUT_MS = 2_000;
/** Records that are read at a time. */
const READS = 32;
/** Of more keys than these the rest is not read: a bucket here holds tens. */
const MAX_KEYS = 10_000;
const OPERATION_HEADER = 'KV-Operation';

/** A bucket, made by `ensureTopology`. Values are texts. */
export class Bucket {
  readonly #nats: NatsLink;
  readonly #name: string;

  constructor(nats: NatsLink, name: string) {
    this.#nats = nats;
    this.#name = name;
  }

  /**
   * Sends the record; false when NATS is away. Whether it was stored nobody says: who must know lists the bucket later.
   * Never throws.
   */
  put(key: string, text: string): boolean {
    return this.#publish(key, text);
  }

  /** Leaves a marker that says that the record is gone. Never throws. */
  remove(key: string): boolean {
    const marker = headers();
    marker.set(OPERATION_HEADER, 'DEL');
    return this.#publish(key, '', marker);
  }

  /** Calls back for each record that is put from now on, over reconnects too, by whomever. */
  listen(connection: NatsConnection, onEntry: (entry: BucketEntry) => void): Subscription {
    return connection.subscribe(`$KV.${this.#name}.>`, {
      callback: (error, message) => {
        if (error === null && !isMarker(message)) onEntry(this.#toEntry(message.subject, message));
      },
    });
  }

  /** Every record. @throws Error when NATS is away, does not answer, or has no such bucket */
  async list(): Promise<BucketEntry[]> {
    const connection = this.#nats.connection();
    if (connection === null || !this.#nats.isConnected())
      throw new Error(`NATS at ${this.#nats.address} is away`);
    const { subjects, time } = await this.#listSubjects(connection);
    const entries: BucketEntry[] = [];
    for (let from = 0; from < subjects.length; from += READS) {
      const read = await Promise.all(
        subjects.slice(from, from + READS).map((subject) => this.#get(connection, subject, time)),
      );
      for (const entry of read) if (entry !== null) entries.push(entry);
    }
    return entries;
  }

  #publish(key: string, text: string, marker?: MsgHdrs): boolean {
    const connection = this.#nats.connection();
    if (connection === null || !this.#nats.isConnected()) return false;
    try {
      const options = marker === undefined ? {} : { headers: marker };
      connection.publish(`$KV.${this.#name}.${key}`, text, options);
      return true;
    } catch {
      return false; // The connection is being closed.
    }
  }

  async #listSubjects(
    connection: NatsConnection,
  ): Promise<{ readonly subjects: string[]; readonly time: ServerTime }> {
    const question = JSON.stringify({ subjects_filter: `$KV.${this.#name}.>` });
    const answer = await connection.request(`$JS.API.STREAM.INFO.KV_${this.#name}`, question, {
      timeout: REQUEST_TIMEOUT_MS,
    });
    // Only looked at: each part is tested.
    const info = answer.json<{
      error?: { description?: unknown };
      state?: { subjects?: object };
      ts?: unknown;
    }>();
    if (info.error !== undefined) throw new Error(`bucket ${this.#name}: ${String(info.error.description)}`);
    // Old servers do not say their time: then this machine's clock is the nearest there is.
    const toldMs = Date.parse(typeof info.ts === 'string' ? info.ts : '');
    const serverMs = Number.isNaN(toldMs) ? Date.now() : toldMs;
    const subjects = Object.keys(info.state?.subjects ?? {}).slice(0, MAX_KEYS);
    return { subjects, time: { serverMs, readAtMs: performance.now() } };
  }

  async #get(connection: NatsConnection, subject: string, time: ServerTime): Promise<BucketEntry | null> {
    const message = await connection.request(`$JS.API.DIRECT.GET.KV_${this.#name}.${subject}`, '', {
      timeout: REQUEST_TIMEOUT_MS,
    });
    // Gone since it was listed.
    if (message.headers?.code === 404 || isMarker(message)) return null;
    const storedAtMs = Date.parse(message.headers?.get('Nats-Time-Stamp') ?? '');
    if (Number.isNaN(storedAtMs)) throw new Error(`bucket ${this.#name}: ${subject} has no time`);
    // A record that was put after the reading, or a server whose clock was set back: as new as can be.
    const ageMs = Math.max(0, time.serverMs + (performance.now() - time.readAtMs) - storedAtMs);
    return { ...this.#toEntry(subject, message), storedAtMs, ageMs };
  }

  #toEntry(subject: string, message: Msg): BucketEntry {
    const key = subject.slice(`$KV.${this.#name}.`.length);
    return { key, text: message.string(), storedAtMs: null, ageMs: 0 };
  }
}

/** `DEL` and `PURGE` say that a record is gone. */
const isMarker = (message: Msg): boolean => (message.headers?.get(OPERATION_HEADER) ?? '') !== '';
