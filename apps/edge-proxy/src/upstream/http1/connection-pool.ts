// The connections to one origin, under one policy for its addresses.
import { Connection, type ConnectionOwner, type ConnectionTarget } from './connection.js';
import type { BugReporter } from './http1-call.js';

/** How many connections a pool holds, and how long. */
export interface PoolLimits {
  /** Open at once, idle ones included; above it calls fail. */
  readonly maxConnections: number;
  /** An idle connection is closed after this, or sooner when the provider says so. */
  readonly idleTimeoutMs: number;
}

export interface PoolOptions {
  readonly target: ConnectionTarget;
  readonly limits: PoolLimits;
  readonly onBug: BugReporter;
}

/** A request that meets the provider's own timeout on its way is lost: we close this much earlier. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

/** Hands each call a connection of its own, the one used last first: the others age and go. */
export class ConnectionPool implements ConnectionOwner {
  readonly #options: PoolOptions;
  readonly #open = new Set<Connection>();
  /** The last used at the end. */
  #idle: Connection[] = [];
  session: Buffer | null = null;
  /** No provider of the config uses it any more: connections serve the call they have and are closed. */
  #isRetired = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  get onBug(): BugReporter {
    return this.#options.onBug;
  }

  /** How many connections are open, idle ones included. */
  get openCount(): number {
    return this.#open.size;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /**
   * The connection for a new call.
   * @returns null when the pool is at its limit
   */
  take(connectTimeoutMs: number): Connection | null {
    const nowMs = performance.now();
    for (let last = this.#idle.pop(); last !== undefined; last = this.#idle.pop()) {
      if (last.idleUntilMs > nowMs) return last;
      last.destroy();
    }
    const { target, limits } = this.#options;
    if (this.#open.size >= limits.maxConnections) return null;
    const connection = new Connection(target, connectTimeoutMs, this);
    this.#open.add(connection);
    return connection;
  }

  get isRetired(): boolean {
    return this.#isRetired;
  }

  /** Closes what is idle now; what is busy is closed after its call. */
  retire(): void {
    this.#isRetired = true;
    const idle = this.#idle;
    this.#idle = [];
    for (const connection of idle) connection.destroy();
  }

  /** A provider uses it again. */
  reinstate(): void {
    this.#isRetired = false;
  }

  onFree(connection: Connection, hintMs: number | null): void {
    if (this.#isRetired) return connection.destroy();
    const { idleTimeoutMs } = this.#options.limits;
    const idleMs = hintMs === null ? idleTimeoutMs : Math.min(idleTimeoutMs, hintMs - KEEP_ALIVE_MARGIN_MS);
    if (idleMs <= 0) return connection.destroy();
    connection.idleUntilMs = performance.now() + idleMs;
    this.#idle.push(connection);
  }

  onGone(connection: Connection): void {
    this.#open.delete(connection);
    const at = this.#idle.lastIndexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  }

  /** Closes the idle connections whose time is over. */
  sweep(nowMs: number): void {
    const expired = this.#idle.filter((connection) => connection.idleUntilMs <= nowMs);
    if (expired.length === 0) return;
    this.#idle = this.#idle.filter((connection) => connection.idleUntilMs > nowMs);
    for (const connection of expired) connection.destroy();
  }

  /** Closes all connections; their calls fail. */
  async close(): Promise<void> {
    this.#idle = [];
    await Promise.all([...this.#open].map((connection) => connection.shutDown()));
  }
}
