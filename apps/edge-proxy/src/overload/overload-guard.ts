// Turns new requests away before the process suffers: at once, before their bodies are read.
import { GatewayError } from '@sluice/contracts';
import { shareOf, type WorkerShare } from '../attempts/provider-gate.js';
import type { Exchange } from '../chat/exchange.js';
import type { LoadReason } from './load-monitor.js';
import type { RequestsInFlight } from './requests-in-flight.js';

/** Why a request was turned away. */
export type ShedReason = LoadReason | 'concurrency' | 'body_bytes';

export interface OverloadGuardOptions {
  /** How the process is doing; a LoadMonitor is one. */
  readonly load: { readonly shedRatio: number; readonly reason: LoadReason };
  readonly inFlight: RequestsInFlight;
  readonly share: WorkerShare;
  /** 0 to 1. */
  readonly random: () => number;
  readonly onShed: (reason: ShedReason) => void;
}

/** Clients that were turned away together do not come back together. */
const RETRY_SPREAD_SECONDS = 3;

export class OverloadGuard {
  readonly #options: OverloadGuardOptions;

  constructor(options: OverloadGuardOptions) {
    this.#options = options;
  }

  /**
   * Lets a request in whose key is known, or does not. It stays in until `end`.
   * @throws GatewayError `overloaded`
   */
  admit(exchange: Exchange): void {
    const refusal = this.refusal();
    if (refusal !== null) throw refusal;
    const { maxConcurrency } = exchange.generation.config.server;
    const { inFlight, share } = this.#options;
    // Each process takes at least one, or a part of the connections would be refused for ever.
    const limit = maxConcurrency === undefined ? Infinity : Math.max(1, shareOf(maxConcurrency, share));
    if (!inFlight.takePlace(exchange, limit)) throw this.#refuse('concurrency');
  }

  /** Whether the state of the process allows one more request; null when it does. */
  refusal(): GatewayError | null {
    const { load, inFlight, random } = this.#options;
    const { shedRatio } = load;
    // With no request under way none would ever end to make room: one at a time is always served.
    if (load.reason === 'memory' && inFlight.places === 0) return null;
    return shedRatio > 0 && random() < shedRatio ? this.#refuse(load.reason) : null;
  }

  /** Whether a body that was announced could be taken now; the error when it could not. It holds nothing yet. */
  refusalOfBody(exchange: Exchange, announcedBytes: number): GatewayError | null {
    return this.#options.inFlight.hasRoomFor(exchange, announcedBytes) ? null : this.#refuse('body_bytes');
  }

  /** Makes room for so many bytes of a request's body that have come; the error when there is none. */
  holdBody(exchange: Exchange, bytes: number): GatewayError | null {
    return this.#options.inFlight.holdBody(exchange, bytes) ? null : this.#refuse('body_bytes');
  }

  /** To be called once a request has its answer or its client is gone. */
  end(exchange: Exchange): void {
    this.#options.inFlight.end(exchange);
  }

  #refuse(reason: ShedReason): GatewayError {
    const { onShed, random } = this.#options;
    onShed(reason);
    const retryAfterSeconds = 1 + Math.floor(random() * RETRY_SPREAD_SECONDS);
    return new GatewayError('overloaded', { message: MESSAGES[reason], retryAfterSeconds });
  }
}

const MESSAGES: Readonly<Record<ShedReason, string>> = {
  event_loop: 'The gateway has more to do than it can at the moment. Send the request again after a while.',
  memory: 'The gateway is short of memory at the moment. Send the request again after a while.',
  concurrency:
    'The gateway serves as many requests as it may at a time (server.maxConcurrency). Send the request again after a while.',
  body_bytes:
    'The requests that the gateway is serving are too large together. Send the request again after a while.',
};
