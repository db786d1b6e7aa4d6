// What the requests under way hold: a place of `server.maxConcurrency`, and memory for their bodies.
import type { Exchange } from '../chat/exchange.js';
import { CallerShare, CallerShares } from './caller-shares.js';

/** The part of the places, and of the bytes, that is kept for keys with less than their equal part of all. */
const KEPT_FOR_OTHERS = 0.2;

export interface RequestsInFlightOptions {
  /** Bound of all bodies together. One body alone is always taken, whatever its size. */
  readonly maxBodyBytes: number;
  /** Monotonic, ms. */
  readonly now: () => number;
}

/** Counts what the requests under way hold. What a request holds ends with it: once, in `end`. */
export class RequestsInFlight {
  readonly #options: RequestsInFlightOptions;
  readonly #shares = new CallerShares();
  readonly #byteShares = new CallerShares();
  /** For all requests that began without a limit. */
  readonly #unlimited = new CallerShare();
  #places = 0;
  #bodyBytes = 0;

  constructor(options: RequestsInFlightOptions) {
    this.#options = options;
  }

  /** Requests that were let in and have not ended. */
  get places(): number {
    return this.#places;
  }

  /** Bytes of their bodies that were received. */
  get bodyBytes(): number {
    return this.#bodyBytes;
  }

  /**
   * Takes a place for a request whose key is known.
   * @param limit Infinity when there is none
   * @returns false when all places are taken, or the last ones are kept for keys that hold less
   */
  takePlace(exchange: Exchange, limit: number): boolean {
    let share = this.#unlimited;
    if (limit !== Infinity) {
      share = this.#shares.shareOf(exchange.caller?.keyId ?? '', this.#options.now());
      const isBelowPart = share.held < Math.max(1, limit / this.#shares.size);
      const open = isBelowPart ? limit : limit - this.#kept(limit);
      if (this.#places >= open) return false;
    }
    this.#places += 1;
    share.held += 1;
    exchange.place = share;
    return true;
  }

  /** Places that only keys below their part may take: none while a key is alone. */
  #kept(limit: number): number {
    return this.#shares.size < 2 ? 0 : Math.max(1, Math.floor(limit * KEPT_FOR_OTHERS));
  }

  /** Whether a body of an announced length would find room now. Nothing is held for it: it may never come. */
  hasRoomFor(exchange: Exchange, bytes: number): boolean {
    return this.#isRoomFor(exchange, this.#byteShareOf(exchange), bytes);
  }

  /**
   * Takes room for bytes that were received.
   * @returns false when the bodies of all requests would take too much, or the rest is kept for keys that hold less
   */
  holdBody(exchange: Exchange, bytes: number): boolean {
    const share = this.#byteShareOf(exchange);
    if (!this.#isRoomFor(exchange, share, bytes)) return false;
    this.#bodyBytes += bytes;
    exchange.heldBytes += bytes;
    share.held += bytes;
    return true;
  }

  /** Who sends slowly holds for long, so the kept part is kept from a key that is alone as well: another may ask soon. */
  #isRoomFor(exchange: Exchange, share: CallerShare, bytes: number): boolean {
    const others = this.#bodyBytes - exchange.heldBytes;
    if (others === 0) return true;
    const { maxBodyBytes } = this.#options;
    const part = maxBodyBytes / Math.max(2, this.#byteShares.size);
    const open = share.held + bytes <= part ? maxBodyBytes : maxBodyBytes * (1 - KEPT_FOR_OTHERS);
    return this.#bodyBytes + bytes <= open;
  }

  #byteShareOf(exchange: Exchange): CallerShare {
    // Who has sent nothing for long may have been forgotten; who holds something is not.
    if (exchange.byteShare === null || exchange.heldBytes === 0) {
      exchange.byteShare = this.#byteShares.shareOf(exchange.caller?.keyId ?? '', this.#options.now());
    }
    return exchange.byteShare;
  }

  /** Gives back all that a request holds; the first call counts. */
  end(exchange: Exchange): void {
    this.#bodyBytes -= exchange.heldBytes;
    if (exchange.byteShare !== null) exchange.byteShare.held -= exchange.heldBytes;
    exchange.heldBytes = 0;
    const { place } = exchange;
    if (place === null) return;
    exchange.place = null;
    place.held -= 1;
    this.#places -= 1;
  }
}
