import { isIP } from 'node:net';
import { closedRangeOf } from '../address-ranges.js';
import type {
  CallAddress,
  PoolKey,
  Transport,
  TransportFailure,
  UpstreamCall,
  UpstreamListener,
  UpstreamRequest,
} from '../transport.js';
import { makeCheckedLookup, type Resolve, resolveBySystem } from './checked-lookup.js';
import { toBlockedFailure } from './connect-failure.js';
import type { ConnectionTarget } from './connection.js';
import { ConnectionPool } from './connection-pool.js';
import { type BugReporter, Http1Call } from './http1-call.js';
import { toHead, toHeadPrefix } from './request-head.js';
import { SharedLookups } from './shared-lookups.js';

export interface Http1TransportOptions {
  /** Connections of one pool at once, default 4096; a call above it fails with `connect`. */
  readonly maxConnectionsPerOrigin?: number;
  /** How long a connection may lie idle, default 30 s: providers wait 60 s and more, so ours go first. */
  readonly idleTimeoutMs?: number;
  /** How often idle connections are looked at, default 1 s. */
  readonly sweepIntervalMs?: number;
  /** PEM certificates to trust instead of the system's. */
  readonly ca?: string;
  /** How names become addresses, default the system's way. */
  readonly resolve?: Resolve;
  /** How many names that way looks up at once, default 2, as libuv's pool of 4 threads does. */
  readonly lookupThreads?: number | undefined;
  /** Hears what listeners throw; without it the error is thrown again where nobody catches it. */
  readonly onBug?: BugReporter;
}

/** What is the same for all requests to an address. */
interface Route {
  readonly poolName: string;
  pool: ConnectionPool;
  readonly headPrefix: string;
  /** Set when the address is written as one that is closed: nothing is ever dialled. */
  readonly blocked: TransportFailure | null;
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

/** Calls providers over HTTP/1.1 on sockets of its own: one call at a time on each, a pool for each {@link PoolKey}. */
export class Http1Transport implements Transport {
  readonly #options: Http1TransportOptions;
  readonly #onBug: BugReporter;
  readonly #lookups: SharedLookups;
  /** By {@link nameOf}. Grows with the origins that operators configure, and by nothing else. */
  readonly #pools = new Map<string, ConnectionPool>();
  readonly #routes = new WeakMap<CallAddress, Route>();
  readonly #sweep: NodeJS.Timeout;
  #isClosed = false;

  constructor(options: Http1TransportOptions = {}) {
    this.#options = options;
    this.#onBug = options.onBug ?? throwLater;
    this.#lookups = new SharedLookups({
      resolve: options.resolve ?? resolveBySystem,
      threads: options.lookupThreads,
    });
    this.#sweep = setInterval(() => {
      const nowMs = performance.now();
      for (const [name, pool] of this.#pools) {
        pool.sweep(nowMs);
        if (pool.isRetired && pool.openCount === 0) this.#pools.delete(name);
      }
    }, options.sweepIntervalMs ?? DEFAULT_SWEEP_MS).unref();
  }

  /** The listener hears nothing before this returns. */
  send(request: UpstreamRequest, listener: UpstreamListener): UpstreamCall {
    const call = new Http1Call(listener, this.#onBug);
    const failure = this.#start(call, request);
    if (failure !== null) process.nextTick(() => call.fail(failure));
    return call;
  }

  retain(keys: Iterable<PoolKey>): void {
    const names = new Set([...keys].map(nameOf));
    for (const [name, pool] of this.#pools) {
      if (names.has(name)) pool.reinstate();
      else if (!pool.isRetired) pool.retire();
    }
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

  /** Pools that are in use, or still have connections. */
  get poolCount(): number {
    return this.#pools.size;
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
    if (route.blocked !== null) return route.blocked;
    if (route.pool.isRetired) this.#regain(route);
    const connection = route.pool.take(connectTimeoutMs);
    if (connection === null) return TOO_MANY;
    connection.carry(call, head, body);
    return null;
  }

  /**
   * A walk that began before a reload may come to a pool that was given up since: it is still to be swept and closed.
   * When the origin is back and has another pool, it calls through that one: none is ever in use that is not known.
   */
  #regain(route: Route): void {
    const current = this.#pools.get(route.poolName);
    if (current === undefined) this.#pools.set(route.poolName, route.pool);
    else route.pool = current;
  }

  #addRoute(address: CallAddress): Route {
    const target = this.#targetOf(address);
    const range = address.allowPrivateNetwork || isIP(target.host) === 0 ? null : closedRangeOf(target.host);
    const route: Route = {
      poolName: nameOf(address),
      pool: this.#poolOf(nameOf(address), target),
      headPrefix: toHeadPrefix(address),
      blocked: range === null ? null : { ...toBlockedFailure(range), isSent: false },
    };
    this.#routes.set(address, route);
    return route;
  }

  #targetOf({ origin, allowPrivateNetwork }: PoolKey): ConnectionTarget {
    const url = new URL(origin);
    const isTls = url.protocol === 'https:';
    return {
      // An IPv6 address stands in brackets in a URL, and nowhere else.
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
      isTls,
      ca: this.#options.ca ?? null,
      lookup: makeCheckedLookup(this.#lookups.resolve, allowPrivateNetwork),
    };
  }

  #poolOf(name: string, target: ConnectionTarget): ConnectionPool {
    const known = this.#pools.get(name);
    if (known !== undefined) return known;
    const { idleTimeoutMs, maxConnectionsPerOrigin } = this.#options;
    const limits = {
      maxConnections: maxConnectionsPerOrigin ?? DEFAULT_MAX_CONNECTIONS,
      idleTimeoutMs: idleTimeoutMs ?? DEFAULT_IDLE_MS,
    };
    const pool = new ConnectionPool({ target, limits, onBug: this.#onBug });
    this.#pools.set(name, pool);
    return pool;
  }
}

/** Providers that differ in what they may dial never share a connection. */
const nameOf = ({ origin, allowPrivateNetwork }: PoolKey): string =>
  `${allowPrivateNetwork ? 'any' : 'public'} ${origin}`;

function throwLater(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
