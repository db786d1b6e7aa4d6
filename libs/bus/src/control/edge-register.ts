// Which edges are there: each says so every 10 s in the bucket `sluice_edges`.
import { EDGES_BUCKET, type EdgeRecord, edgeRecordSchema, toSubjectToken } from '@sluice/contracts';
import type { NatsLink } from '../nats-connection.js';
import { Bucket } from './bucket.js';
import { parseJson } from './parse-json.js';

/** What {@link EdgeRegister} works with. */
export interface EdgeRegisterOptions {
  readonly nats: NatsLink;
  /** Asked at each heartbeat. Must not throw. */
  readonly record: () => EdgeRecord;
  /** Default 10 s. */
  readonly heartbeatMs?: number;
}

const HEARTBEAT_MS = 10_000;

/** Keeps one edge's record. Who has `server.workers` above 1 has one for the whole edge, not one for each worker. */
export class EdgeRegister {
  readonly #options: EdgeRegisterOptions;
  readonly #bucket: Bucket;
  #timer: NodeJS.Timeout | null = null;
  #stopWatching: () => void = () => undefined;

  constructor(options: EdgeRegisterOptions) {
    this.#options = options;
    this.#bucket = new Bucket(options.nats, EDGES_BUCKET);
  }

  /** Registers as soon as NATS is there, and again at each connection. */
  start(): void {
    if (this.#timer !== null) return;
    const { nats, heartbeatMs } = this.#options;
    this.#timer = setInterval(() => this.#beat(), heartbeatMs ?? HEARTBEAT_MS);
    this.#timer.unref();
    this.#stopWatching = nats.onChange((isConnected) => {
      if (isConnected) this.#beat();
    });
    this.#beat();
  }

  /** An orderly end: nobody waits for this edge's answer any more. Call it before the link is closed. */
  stop(): void {
    if (this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
    this.#stopWatching();
    this.#bucket.remove(toSubjectToken(this.#options.record().instance));
  }

  #beat(): void {
    const record = this.#options.record();
    this.#bucket.put(toSubjectToken(record.instance), JSON.stringify(record));
  }
}

/** An edge that is registered. */
export interface RegisteredEdge extends EdgeRecord {
  /** Since its last heartbeat. Above about 15 s it is away, frozen or killed. */
  readonly silentMs: number;
}

/**
 * The edges that are there or were within the last five minutes, by name.
 * @param nowMs wall clock
 * @throws Error when the register cannot be read
 */
export async function listEdges(nats: NatsLink, nowMs: number): Promise<RegisteredEdge[]> {
  const edges: RegisteredEdge[] = [];
  for (const entry of await new Bucket(nats, EDGES_BUCKET).list()) {
    const read = edgeRecordSchema.safeParse(parseJson(entry.text));
    if (!read.success) continue;
    edges.push({ ...read.data, silentMs: Math.max(0, nowMs - (entry.storedAtMs ?? nowMs)) });
  }
  return edges.sort((a, b) => (a.instance < b.instance ? -1 : 1));
}
