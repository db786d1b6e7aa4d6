import type { GatewayError } from '@sluice/contracts';
import type { Exchange } from '../chat/exchange.js';
import { ERROR_DIALECTS } from './error-dialects.js';
import { answerHeaders } from './response-headers.js';

/** What the relay may ask of the provider's side. */
export interface Pausable {
  pause(): void;
  resume(): void;
}

/** Writes one stream to one client: begins late, ends once, and never faster than the client reads. */
export class StreamRelay {
  readonly #exchange: Exchange;
  readonly #source: Pausable;
  #isWaiting = false;
  /** Whether the client has got its first byte: from here on nothing can be retried. */
  isCommitted = false;

  constructor(exchange: Exchange, source: Pausable) {
    this.#exchange = exchange;
    this.#source = source;
  }

  /** @param text latin1: one character a byte */
  write(text: string): void {
    if (text === '') return;
    const { response } = this.#exchange;
    if (!this.isCommitted) this.#begin();
    if (!response.write(text, 'latin1')) this.#waitForClient();
  }

  /** Ends a stream that is complete. */
  end(tail: string): void {
    if (!this.isCommitted) this.#begin();
    this.#exchange.response.end(tail, 'latin1');
  }

  /** Ends a begun stream with one error event and without the terminal marker. */
  interrupt(error: GatewayError): void {
    const { response, dialect, requestId } = this.#exchange;
    response.end(ERROR_DIALECTS[dialect].toEvent(error, requestId));
  }

  #begin(): void {
    this.isCommitted = true;
    const headers = answerHeaders(this.#exchange, 'text/event-stream; charset=utf-8');
    headers.push('cache-control', 'no-cache', 'x-accel-buffering', 'no');
    this.#exchange.response.writeHead(200, headers);
  }

  /** What the provider's side has read already still comes, so this is asked more than once for one wait. */
  #waitForClient(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#source.pause();
    this.#exchange.response.once('drain', () => {
      this.#isWaiting = false;
      this.#source.resume();
    });
  }
}
