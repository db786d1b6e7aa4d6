import type { PreparedAddress } from '../../control/config-generation.js';
import type {
  Transport,
  TransportFailure,
  UpstreamCall,
  UpstreamListener,
  UpstreamRequest,
} from '../transport.js';
import { ConnectionPool } from './connection-pool.js';
import { type BugReporter, Http1Call } from './http1-call.js';
import { toHead, toHeadPrefix } from './request-head.js';

export interface Http1TransportOptions {
  /** Connections to one origin at once, default 4096; a call above it fails with `connect`. */
  readonly maxConnectionsPerOrigin?: number;
  /** How long a connection may lie idle, default 30 s: providers wait 60 s and more, so ours go first. */
  readonly idleTimeoutMs?: number;
  /** How often idle connections are looked at, default 1 s. */
  readonly sweepIntervalMs?: number;
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string;
  /** Hears what listeners throw; without it the error is thrown again where nobody catches it. */
  readonly onBug?: BugReporter;
}

/** What is the same for all requests to an address. */
interface Route {
  readonly pool: ConnectionPool;
  readonly headPrefix: string;
}

const DEFAULT_MAX_CONNECTIONS = 4096;
const DEFAULT_IDLE_MS = 30_000;
const DEFAULT_SWEEP_MS = 1_000;
const TOO_MANY: TransportFailure = {
  kind: 'connect',
  message: 'there are too many connections to the provider',
  isSent: false,
  isOurs: true,
};

/** Calls providers over HTTP/1.1 on sockets of its own: one pool for each origin, one call at a time on each socket. */
export class Http1Transport implements Transport {
  readonly #options: Http1TransportOptions;
  readonly #onBug: BugReporter;
  /** By origin. Grows with the origins that operators configure, and by nothing else. */
  readonly #pools = new Map<string, ConnectionPool>();
  readonly #routes = new WeakMap<PreparedAddress, Route>();
  readonly #sweep: NodeJS.Timeout;
  #isClosed = false;

  constructor(options: Http1TransportOptions = {}) {
    this.#options = options;
    this.#onBug = options.onBug ?? throwLater;
    this.#sweep = setInterval(() => {
      const nowMs = performance.now();
      for (const pool of this.#pools.values()) pool.sweep(nowMs);
    }, options.sweepIntervalMs ?? DEFAULT_SWEEP_MS).unref();
  }

  /** The listener hears nothing before this returns. */
  send(request: UpstreamRequest, listener: UpstreamListener): UpstreamCall {
    const call = new Http1Call(listener, this.#onBug);
    const failure = this.#start(call, request);
    if (failure !== null) process.nextTick(() => call.fail(failure));
    return call;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweep);
    await Promise.all([...this.#pools.values()].map((pool) => pool.close()));
  }

  /** Connections that are open now, idle ones included. */
  get openCount(): number {
    let count = 0;
    for (const pool of this.#pools.values()) count += pool.openCount;
    return count;
  }

  #start(
    call: Http1Call,
    { address, headers, body, connectTimeoutMs }: UpstreamRequest,
  ): TransportFailure | null {
    if (this.#isClosed) {
      return { kind: 'aborted', message: 'the gateway closed its connections', isSent: false };
    }
    let head: string;
    let route: Route;
    try {
      route = this.#routes.get(address) ?? this.#addRoute(address);
      head = toHead(route.headPrefix, headers, body.length);
    } catch (error) {
      const message = error instanceof Error ? error.message : 'the request cannot be sent';
      return { kind: 'protocol', message, isSent: false };
    }
    const connection = route.pool.take(connectTimeoutMs);
    if (connection === null) return TOO_MANY;
    connection.carry(call, head, body);
    return null;
  }

  #addRoute(address: PreparedAddress): Route {
    const route = { pool: this.#poolOf(address.origin), headPrefix: toHeadPrefix(address) };
    this.#routes.set(address, route);
    return route;
  }

  #poolOf(origin: string): ConnectionPool {
    const known = this.#pools.get(origin);
    if (known !== undefined) return known;
    const { ca, idleTimeoutMs, maxConnectionsPerOrigin } = this.#options;
    const url = new URL(origin);
    const isTls = url.protocol === 'https:';
    const pool = new ConnectionPool({
      target: {
        // An IPv6 address stands in brackets in a URL, and nowhere else.
        host: url.hostname.replace(/^\[|\]$/g, ''),
        port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
        isTls,
        ca: ca ?? null,
      },
      limits: {
        maxConnections: maxConnectionsPerOrigin ?? DEFAULT_MAX_CONNECTIONS,
        idleTimeoutMs: idleTimeoutMs ?? DEFAULT_IDLE_MS,
      },
      onBug: this.#onBug,
    });
    this.#pools.set(origin, pool);
    return pool;
  }
}

function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
