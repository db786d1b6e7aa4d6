// Takes the hot URLs before Fastify and Nest see them: an exact-match table, one look-up a request.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Endpoint } from '@sluice/providers';
import { Exchange } from '../chat/exchange.js';
import type { ConfigHolder } from '../control/config-holder.js';
import type { EdgeMetrics } from '../reporting/edge-metrics.js';
import { makeEventId } from '../reporting/event-id.js';
import { writeOwnError } from './own-error.js';
import { dialectOf, pathOf, requestIdOf } from './request-headers.js';

const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map([
  ['/v1/chat/completions', 'chat.completions'],
  ['/v1/embeddings', 'embeddings'],
  ['/v1/messages', 'messages'],
  ['/v1/messages/count_tokens', 'messages.count_tokens'],
]);

/** What hands the rest to Nest. */
export type Fallback = (request: IncomingMessage, response: ServerResponse) => void;

export interface FrontDoorOptions {
  readonly holder: ConfigHolder;
  /** The walk. Never throws. */
  readonly serve: (exchange: Exchange) => void;
  readonly metrics: EdgeMetrics;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

export class FrontDoor {
  readonly #options: FrontDoorOptions;

  constructor(options: FrontDoorOptions) {
    this.#options = options;
  }

  /** Serves a hot URL; everything else goes to the fallback. */
  take(request: IncomingMessage, response: ServerResponse, fallback: Fallback): void {
    const endpoint = ENDPOINTS.get(pathOf(request.url ?? ''));
    if (endpoint === undefined) return this.#handOver(request, response, fallback);
    if (request.method !== 'POST') return refuseMethod(request, response);
    const { holder, metrics, serve, now } = this.#options;
    const receivedAtMs = now();
    const eventId = makeEventId(receivedAtMs);
    metrics.onBegin();
    serve(
      new Exchange({
        request,
        response,
        endpoint,
        generation: holder.current,
        eventId,
        requestId: requestIdOf(request.headers, eventId),
        receivedAtMs,
        startedMs: performance.now(),
      }),
    );
  }

  /** Nest's answers carry a request id like all others. */
  #handOver(request: IncomingMessage, response: ServerResponse, fallback: Fallback): void {
    const requestId = requestIdOf(request.headers, makeEventId(this.#options.now()));
    response.setHeader('x-request-id', requestId);
    if (dialectOf(request) === 'messages') response.setHeader('request-id', requestId);
    fallback(request, response);
  }
}

function refuseMethod(request: IncomingMessage, response: ServerResponse): void {
  writeOwnError(request, response, {
    code: 'method_not_allowed',
    message: `This endpoint takes POST, not ${request.method ?? 'this method'}.`,
    headers: [['allow', 'POST']],
  });
}
