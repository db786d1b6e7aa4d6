import { connect, type ConnectionOptions, type NatsConnection } from '@nats-io/transport-node';
import { type BusLog, toErrorFacts } from './bus-log.js';

/** Where and as whom to connect. */
export interface NatsLinkOptions {
  /** `nats://[user:password@]host:port`, `tls://…`, several with commas between. Credentials never leave this module. */
  readonly url: string;
  /** Shown by the server beside the connection. */
  readonly name: string;
  readonly log: BusLog;
  /** Further client options; those that make the link reconnect for ever win. */
  readonly connectionOptions?: ConnectionOptions;
}

/** A connection that is made and kept in the background, for ever. */
export interface NatsLink {
  /** The servers without credentials, for logs. */
  readonly address: string;
  /** What the subjects of replies to this user begin with. */
  readonly inboxPrefix: string;
  isConnected(): boolean;
  /** The client, as soon as it was connected once (it stays the same over reconnects), else null. */
  connection(): NatsConnection | null;
  /** The first connection; rejects only when the link is closed before. */
  readonly ready: Promise<NatsConnection>;
  /** Calls back at each change; returns what ends that. */
  onChange(listener: (isConnected: boolean) => void): () => void;
  /** Drains (≤ 5 s) and closes. Never throws. */
  close(): Promise<void>;
}

const PING_INTERVAL_MS = 20_000;
const DIAL_TIMEOUT_MS = 5_000;
const RECONNECT_WAIT_MS = 500;
const RECONNECT_JITTER_MS = 500;
const FIRST_CONNECT_WARN_MS = 2_000;
const DRAIN_TIMEOUT_MS = 5_000;

/**
 * Starts connecting and returns at once: the server may be down. One log line per change names `NATS_URL` and the
 * address. @throws Error when the URL cannot be read.
 */
export function connectNats(options: NatsLinkOptions): NatsLink {
  return new BackgroundNatsLink(options);
}

class BackgroundNatsLink implements NatsLink {
  readonly address: string;
  readonly inboxPrefix: string;
  readonly ready: Promise<NatsConnection>;
  readonly #log: BusLog;
  readonly #listeners = new Set<(isConnected: boolean) => void>();
  #connection: NatsConnection | null = null;
  #connected = false;
  #closed = false;

  constructor(options: NatsLinkOptions) {
    const servers = parseNatsUrl(options.url);
    this.address = servers.address;
    this.inboxPrefix = servers.options.inboxPrefix ?? '_INBOX';
    this.#log = options.log;
    this.ready = this.#connect({
      timeout: DIAL_TIMEOUT_MS,
      ...options.connectionOptions,
      ...servers.options,
      name: options.name,
      reconnect: true,
      maxReconnectAttempts: -1,
      waitOnFirstConnect: true,
      ignoreAuthErrorAbort: true,
      pingInterval: options.connectionOptions?.pingInterval ?? PING_INTERVAL_MS,
      reconnectTimeWait: RECONNECT_WAIT_MS,
      reconnectJitter: RECONNECT_JITTER_MS,
      reconnectJitterTLS: RECONNECT_JITTER_MS,
      // The only way to stop a client that waits for its first connection.
      reconnectToServer: () => {
        if (this.#closed) throw new Error('the link is closed');
        return null;
      },
    });
    // Nobody has to wait for `ready`; close() rejects it.
    this.ready.catch(() => undefined);
  }

  isConnected(): boolean {
    return this.#connected;
  }

  connection(): NatsConnection | null {
    return this.#connection;
  }

  onChange(listener: (isConnected: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const connection = this.#connection;
    this.#listeners.clear();
    if (connection === null) return;
    if (this.#connected) await within(DRAIN_TIMEOUT_MS, connection.drain());
    this.#connected = false;
    await within(DRAIN_TIMEOUT_MS, connection.close());
  }

  async #connect(options: ConnectionOptions): Promise<NatsConnection> {
    const warning = setTimeout(() => {
      this.#log.warn(
        { address: this.address },
        `NATS is not reachable at ${this.address} (NATS_URL); trying on`,
      );
    }, FIRST_CONNECT_WARN_MS);
    warning.unref();
    try {
      const connection = await connect(options);
      if (this.#closed) {
        await connection.close();
        throw new Error('the link was closed before its first connection');
      }
      this.#connection = connection;
      void this.#watch(connection);
      this.#change(true, 'connected to NATS');
      return connection;
    } finally {
      clearTimeout(warning);
    }
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (status.type === 'disconnect') this.#change(false, 'lost NATS; trying to reconnect');
      else if (status.type === 'reconnect') this.#change(true, 'reconnected to NATS');
      else if (status.type === 'error') {
        this.#log.warn({ address: this.address, ...toErrorFacts(status.error) }, 'NATS reported an error');
      }
    }
    const error = await connection.closed();
    if (!this.#closed) {
      this.#change(false, 'the NATS client gave up; restart this service');
      this.#log.error({ address: this.address, ...toErrorFacts(error) }, 'NATS connection closed by itself');
    }
  }

  #change(isConnected: boolean, sentence: string): void {
    if (this.#connected === isConnected || this.#closed) return;
    this.#connected = isConnected;
    const message = `${sentence} at ${this.address} (NATS_URL)`;
    if (isConnected) this.#log.info({ address: this.address }, message);
    else this.#log.warn({ address: this.address }, message);
    for (const listener of this.#listeners) listener(isConnected);
  }
}

/**
 * Splits a `NATS_URL` into client options and an address without credentials. A user's replies come to `_INBOX_<user>.>`, so that
 * a server can let each user read its own alone. @throws Error that shows no value.
 */
export function parseNatsUrl(url: string): { address: string; options: ConnectionOptions } {
  const parts = url.split(',').map((part) => {
    const text = part.trim();
    const parsed = URL.parse(text.includes('://') ? text : `nats://${text}`);
    if (parsed === null || parsed.hostname === '' || !['nats:', 'tls:'].includes(parsed.protocol)) {
      throw new Error('NATS_URL must look like nats://host:port or tls://user:password@host:port');
    }
    return parsed;
  });
  const login = parts.find((part) => part.username !== '');
  const options: ConnectionOptions = { servers: parts.map((part) => part.host) };
  if (parts.some((part) => part.protocol === 'tls:')) options.tls = {};
  if (login !== undefined) {
    const user = decodeURIComponent(login.username);
    if (login.password === '') options.token = user;
    else Object.assign(options, { user, pass: decodeURIComponent(login.password), ...inboxOf(user) });
  }
  return { address: parts.map((part) => `${part.protocol}//${part.host}`).join(','), options };
}

/** A user that cannot be a part of a subject keeps the shared `_INBOX`. */
const inboxOf = (user: string): Pick<ConnectionOptions, 'inboxPrefix'> =>
  /^[\w-]+$/.test(user) ? { inboxPrefix: `_INBOX_${user}` } : {};

/** What {@link parseNatsUrl} reads, for messages. */
export const NATS_URL_EXAMPLE = 'nats://host:4222 or tls://user:password@host:4222';

/** Whether {@link parseNatsUrl} can read it: for a config's schema, which must not repeat what may hold a password. */
export function isNatsUrl(url: string): boolean {
  try {
    parseNatsUrl(url);
    return true;
  } catch {
    return false;
  }
}

/** Waits for `work`, but not longer than `timeoutMs`; its errors are of no interest any more. */
async function within(timeoutMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([work.catch(() => undefined), deadline]);
  clearTimeout(timer);
}
