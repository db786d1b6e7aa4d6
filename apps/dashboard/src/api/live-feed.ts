// Live numbers over server-sent events: kept for the last minutes, told to whoever subscribes, reconnected when broken.
import { type LiveNumbers, liveNumbersSchema } from '@sluice/contracts';

/** One second of the fleet; rates are over the minute before it. */
export interface LivePoint {
  readonly atMs: number;
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
  readonly tokensPerSecond: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
}

/**
 * `nats-away`, `publisher-away`: admin-api itself hears nothing, and says why. `stale`: connected, but nothing came for a while.
 * `offline`: no connection; tried again.
 */
export type LiveStatus = 'connecting' | 'live' | 'stale' | 'nats-away' | 'publisher-away' | 'offline';

export interface LiveState {
  readonly status: LiveStatus;
  readonly points: readonly LivePoint[];
  readonly latest: LiveNumbers | null;
}

/** Of an EventSource what is used here, so that a test can play the server. */
export interface LiveSource {
  readonly readyState: number;
  addEventListener(type: string, listener: (event: Event) => void): void;
  close(): void;
}

export interface LiveFeedOptions {
  readonly open: () => LiveSource;
  readonly now: () => number;
  /** Called when the server closed the feed for good: the session may have ended. */
  readonly onRefused: () => void;
}

/** How far back points are kept; older ones fall out. */
export const LIVE_WINDOW_MS = 15 * 60_000;
/** One message a second is the rule. */
const STALE_AFTER_MS = 5_000;
const CHECK_EVERY_MS = 1_000;
const FIRST_RETRY_MS = 1_000;
const MOST_RETRY_MS = 15_000;
/** EventSource.CLOSED */
const CLOSED = 2;

/** A store for `useSyncExternalStore`. Connected while somebody subscribes. */
export class LiveFeed {
  private state: LiveState = { status: 'connecting', points: [], latest: null };
  private readonly listeners = new Set<() => void>();
  private source: LiveSource | null = null;
  private checkTimer: ReturnType<typeof setInterval> | undefined;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private retryMs = FIRST_RETRY_MS;
  private lastMessageMs = 0;

  constructor(private readonly options: LiveFeedOptions) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    if (this.listeners.size === 1) this.start();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.stop();
    };
  };

  readonly getState = (): LiveState => this.state;

  private start(): void {
    this.retryMs = FIRST_RETRY_MS;
    this.connect();
    this.checkTimer = setInterval(() => this.checkAge(), CHECK_EVERY_MS);
  }

  private stop(): void {
    clearInterval(this.checkTimer);
    clearTimeout(this.retryTimer);
    this.source?.close();
    this.source = null;
    this.state = { ...this.state, status: 'connecting' };
  }

  private connect(): void {
    const source = this.options.open();
    this.source = source;
    this.lastMessageMs = this.options.now();
    source.addEventListener('open', () => {
      this.retryMs = FIRST_RETRY_MS;
      this.lastMessageMs = this.options.now();
    });
    source.addEventListener('message', (event) => this.take(event));
    source.addEventListener('away', (event) => {
      this.lastMessageMs = this.options.now();
      this.setStatus(reasonOf(event) === 'nats' ? 'nats-away' : 'publisher-away');
    });
    // The server says goodbye: the session has ended, or it stops.
    source.addEventListener('ended', () => this.reconnectLater(source));
    source.addEventListener('error', () => this.onError(source));
  }

  private take(event: Event): void {
    const numbers = event instanceof MessageEvent ? parseNumbers(event.data) : null;
    if (numbers === null) return;
    this.lastMessageMs = this.options.now();
    const point = toPoint(numbers);
    const oldestMs = point.atMs - LIVE_WINDOW_MS;
    const kept = this.state.points.filter(({ atMs }) => atMs >= oldestMs && atMs < point.atMs);
    this.setState({ status: 'live', points: [...kept, point], latest: numbers });
  }

  private onError(source: LiveSource): void {
    if (source !== this.source) return;
    this.setStatus('offline');
    // Otherwise the browser reconnects by itself.
    if (source.readyState === CLOSED) this.reconnectLater(source);
  }

  private reconnectLater(source: LiveSource): void {
    source.close();
    this.source = null;
    this.setStatus('offline');
    this.options.onRefused();
    this.retryTimer = setTimeout(() => this.connect(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, MOST_RETRY_MS);
  }

  private checkAge(): void {
    const isLate = this.options.now() - this.lastMessageMs > STALE_AFTER_MS;
    if (isLate && (this.state.status === 'live' || this.state.status === 'connecting'))
      this.setStatus('stale');
  }

  private setStatus(status: LiveStatus): void {
    if (status !== this.state.status) this.setState({ ...this.state, status });
  }

  private setState(state: LiveState): void {
    this.state = state;
    for (const listener of this.listeners) listener();
  }
}

function parseNumbers(data: unknown): LiveNumbers | null {
  try {
    return liveNumbersSchema.safeParse(JSON.parse(String(data))).data ?? null;
  } catch {
    // Half a message; the next one comes in a second.
    return null;
  }
}

function reasonOf(event: Event): unknown {
  try {
    const data: unknown = event instanceof MessageEvent ? JSON.parse(String(event.data)) : null;
    return typeof data === 'object' && data !== null && 'reason' in data ? data.reason : null;
  } catch {
    return null;
  }
}

function toPoint({ at, total }: LiveNumbers): LivePoint {
  return {
    atMs: Date.parse(at),
    requestsPerSecond: total.requestsPerSecond,
    errorsPerSecond: total.errorsPerSecond,
    tokensPerSecond: total.tokensPerSecond,
    p50Ms: total.latencyMs.p50,
    p95Ms: total.latencyMs.p95,
  };
}
