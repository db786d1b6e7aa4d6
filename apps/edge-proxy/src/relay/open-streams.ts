import type { Exchange } from '../chat/exchange.js';
import { ClientStream } from './client-stream.js';

/** How long a client hears nothing at the most: proxies and load balancers cut what is silent for a minute. */
export const KEEP_ALIVE_MS = 15_000;

/** How often in that time all streams are looked at. */
const BEATS = 15;

/**
 * The streams that clients wait for or read, and the one timer that keeps them awake: a beat a second for all of
 * them, instead of a timer each that every event would have to put off.
 */
export class OpenStreams {
  // No Set: see attempts/running-walks.ts.
  readonly #streams: ClientStream[] = [];
  readonly #keepAliveMs: number;
  readonly #onBug: (error: unknown, exchange: Exchange) => void;
  #timer: NodeJS.Timeout | null = null;

  /** @param options.onBug hears what must never happen; the stream is broken off */
  constructor(options: {
    readonly keepAliveMs?: number | undefined;
    readonly onBug: (error: unknown, exchange: Exchange) => void;
  }) {
    this.#keepAliveMs = options.keepAliveMs ?? KEEP_ALIVE_MS;
    this.#onBug = options.onBug;
  }

  get size(): number {
    return this.#streams.length;
  }

  /** The client of a stream begins to wait. It is kept awake until {@link ClientStream.close}. */
  open(exchange: Exchange): ClientStream {
    const stream = new ClientStream(exchange, this);
    stream.place = this.#streams.length;
    this.#streams.push(stream);
    // Does not keep a process alive; an idle one has no timer at all.
    this.#timer ??= setInterval(() => this.#beat(), this.#keepAliveMs / BEATS).unref();
    return stream;
  }

  /** Does nothing when it is not there. */
  delete(stream: ClientStream): void {
    if (this.#streams[stream.place] !== stream) return;
    const last = this.#streams.pop();
    if (last === undefined || last === stream) return;
    this.#streams[stream.place] = last;
    last.place = stream.place;
  }

  #beat(): void {
    const nowMs = performance.now();
    // A byte may have gone out just after the latest beat: one beat early is never late.
    const quietMs = this.#keepAliveMs - this.#keepAliveMs / BEATS;
    // Backwards: whoever takes the place of a stream that ends here has been visited.
    for (let index = this.#streams.length - 1; index >= 0; index -= 1) {
      const stream = this.#streams[index];
      if (stream !== undefined) this.#beatOne(stream, nowMs, quietMs);
    }
    if (this.#streams.length > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #beatOne(stream: ClientStream, nowMs: number, quietMs: number): void {
    try {
      stream.onBeat(nowMs, quietMs);
    } catch (error) {
      this.#onBug(error, stream.exchange);
      stream.exchange.response.destroy();
    }
  }
}
