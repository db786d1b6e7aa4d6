// The client's side of one streaming exchange, over all its attempts: begins late, ends once, never faster than
// the client reads. A keep-alive may begin it before any provider has answered; failover stays possible behind that.
import type { Exchange } from '../chat/exchange.js';
import { ERROR_DIALECTS } from './error-dialects.js';
import type { OpenStreams } from './open-streams.js';
import { answerHeaders, earlyHeaders } from './response-headers.js';

/** What the stream may ask of the provider's side. */
export interface Pausable {
  pause(): void;
  resume(): void;
}

const EVENT_STREAM = 'text/event-stream; charset=utf-8';

export class ClientStream {
  readonly exchange: Exchange;
  readonly #streams: OpenStreams;
  #source: Pausable | null = null;
  #isWaiting = false;
  /** The first beat after what was last written; null before that. So the hot path reads no clock. */
  #quietSinceMs: number | null = null;
  /**
   * Whether content, or the end, has gone to the client: from here on nothing can be retried. Headers and keep-alives
   * alone leave that open.
   */
  isCommitted = false;
  /** For {@link OpenStreams}. */
  place = -1;

  constructor(exchange: Exchange, streams: OpenStreams) {
    this.exchange = exchange;
    this.#streams = streams;
  }

  /** Whether the client has its status: what goes wrong from here on is told by an event. */
  get isBegun(): boolean {
    return this.exchange.response.headersSent;
  }

  /**
   * Writes whole events. The first ones commit the exchange to their source.
   * @param text latin1: one character a byte
   */
  write(text: string, source: Pausable): void {
    if (text === '') return;
    if (!this.isCommitted) this.#commit();
    this.#source = source;
    this.#quietSinceMs = null;
    if (!this.exchange.response.write(text, 'latin1')) this.#waitForClient();
  }

  /** Ends a stream that is complete. */
  complete(tail: string): void {
    if (!this.isCommitted) this.#commit();
    this.close();
    this.exchange.response.end(tail, 'latin1');
  }

  /**
   * Ends a begun stream without the terminal marker: no client may take it for whole.
   * @param event one error event in the client's dialect
   */
  fail(event: string): void {
    this.close();
    if (!this.exchange.response.writableEnded) this.exchange.response.end(event);
  }

  /** The client waits no longer: no more keep-alives. Idempotent. */
  close(): void {
    this.#streams.delete(this);
  }

  /**
   * For {@link OpenStreams}: time passes.
   * @param quietMs a client that has heard nothing for so long gets a keep-alive
   */
  onBeat(nowMs: number, quietMs: number): void {
    const { response, dialect } = this.exchange;
    this.#quietSinceMs ??= nowMs;
    if (nowMs - this.#quietSinceMs < quietMs) return;
    // One that does not read has enough to read.
    if (response.destroyed || response.writableEnded || response.writableNeedDrain) return;
    this.#quietSinceMs = nowMs;
    if (!this.isBegun) this.#begin(earlyHeaders(this.exchange, EVENT_STREAM));
    response.write(ERROR_DIALECTS[dialect].keepAlive);
  }

  #commit(): void {
    this.isCommitted = true;
    if (!this.isBegun) this.#begin(answerHeaders(this.exchange, EVENT_STREAM));
  }

  #begin(headers: string[]): void {
    headers.push('cache-control', 'no-cache', 'x-accel-buffering', 'no');
    this.exchange.response.writeHead(200, headers);
  }

  /** What the provider's side has read already still comes, so this is asked more than once for one wait. */
  #waitForClient(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#source?.pause();
    this.exchange.response.once('drain', () => {
      this.#isWaiting = false;
      this.#source?.resume();
    });
  }
}
