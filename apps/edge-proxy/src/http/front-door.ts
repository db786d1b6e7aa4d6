// Takes the hot URLs before Fastify and Nest see them: an exact-match table, one look-up a request.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayError } from '@sluice/contracts';
import type { Endpoint } from '@sluice/providers';
import { Exchange } from '../chat/exchange.js';
import type { ConfigHolder } from '../control/config-holder.js';
import type { OverloadGuard } from '../overload/overload-guard.js';
import type { EdgeMetrics } from '../reporting/edge-metrics.js';
import { makeEventId } from '../reporting/event-id.js';
import { CorsPolicy, isPreflight } from './cors.js';
import { writeOwnError } from './own-error.js';
import { dialectOf, pathOf, requestIdOf } from './request-headers.js';

const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map([
  ['/v1/chat/completions', 'chat.completions'],
  ['/v1/embeddings', 'embeddings'],
  ['/v1/messages', 'messages'],
  ['/v1/messages/count_tokens', 'messages.count_tokens'],
]);

/** Nest's URLs, for the browsers that ask whether they may. */
const READ_ROUTES = /^\/v1\/models(?:\/|$)/;
const EXPLAIN_ROUTE = '/v1/route/explain';

/** What hands the rest to Nest. */
export type Fallback = (request: IncomingMessage, response: ServerResponse) => void;

export interface FrontDoorOptions {
  readonly holder: ConfigHolder;
  /** The walk. Never throws. */
  readonly serve: (exchange: Exchange) => void;
  /** Says how it would be routed instead. Never throws. */
  readonly explain: (exchange: Exchange) => void;
  readonly metrics: EdgeMetrics;
  readonly overload: OverloadGuard;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

export class FrontDoor {
  readonly #options: FrontDoorOptions;
  #cors: CorsPolicy | null = null;

  constructor(options: FrontDoorOptions) {
    this.#options = options;
  }

  /** Serves a hot URL; everything else goes to the fallback. */
  take(request: IncomingMessage, response: ServerResponse, fallback: Fallback): void {
    const path = pathOf(request.url ?? '');
    const { origin } = request.headers;
    if (origin !== undefined && this.#judgeOrigin(request, response, { origin, path })) return;
    const endpoint = ENDPOINTS.get(path);
    if (endpoint === undefined && path !== EXPLAIN_ROUTE) return this.#handOver(request, response, fallback);
    if (request.method !== 'POST') return refuseMethod(request, response);
    if (endpoint === undefined) return this.#explain(request, response);
    this.#options.metrics.onBegin();
    this.#options.serve(this.#makeExchange(request, response, endpoint));
  }

  /** The query says which endpoint the request is meant for; without it the caller's dialect does. */
  #explain(request: IncomingMessage, response: ServerResponse): void {
    const { url = '' } = request;
    const asked = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '').get('endpoint');
    const usual = dialectOf(request) === 'messages' ? 'messages' : 'chat.completions';
    const endpoint = [...ENDPOINTS.values()].find((one) => one === (asked ?? usual));
    if (endpoint !== undefined) return this.#options.explain(this.#makeExchange(request, response, endpoint));
    writeOwnError(request, response, {
      code: 'invalid_request',
      param: 'endpoint',
      message: `The query's "endpoint" must be one of ${[...ENDPOINTS.values()].join(', ')}.`,
    });
  }

  #makeExchange(request: IncomingMessage, response: ServerResponse, endpoint: Endpoint): Exchange {
    const { holder, now } = this.#options;
    const receivedAtMs = now();
    const eventId = makeEventId(receivedAtMs);
    return new Exchange({
      request,
      response,
      endpoint,
      generation: holder.current,
      eventId,
      requestId: requestIdOf(request.headers, eventId),
      receivedAtMs,
      startedMs: performance.now(),
    });
  }

  /**
   * Lets a web page read the answer when the config names its origin.
   * @returns true when the request was a browser's question about that and has been answered
   */
  #judgeOrigin(
    request: IncomingMessage,
    response: ServerResponse,
    { origin, path }: { readonly origin: string; readonly path: string },
  ): boolean {
    const { cors } = this.#options.holder.current.config.server;
    if (cors === undefined) return false;
    if (this.#cors?.config !== cors) this.#cors = new CorsPolicy(cors);
    this.#cors.allowOrigin(origin, response);
    const methods = methodsOf(path);
    if (methods === null || !isPreflight(request)) return false;
    response.setHeader('x-request-id', requestIdOf(request.headers, makeEventId(this.#options.now())));
    this.#cors.answerPreflight(request, response, methods);
    return true;
  }

  /** Nest's answers carry a request id like all others. */
  #handOver(request: IncomingMessage, response: ServerResponse, fallback: Fallback): void {
    const requestId = requestIdOf(request.headers, makeEventId(this.#options.now()));
    response.setHeader('x-request-id', requestId);
    if (dialectOf(request) === 'messages') response.setHeader('request-id', requestId);
    const refusal = this.#options.overload.refusal();
    if (refusal === null) fallback(request, response);
    else refuseOverloaded(request, response, refusal);
  }
}

function refuseOverloaded(request: IncomingMessage, response: ServerResponse, refusal: GatewayError): void {
  const { code, message, retryAfterSeconds } = refusal;
  const headers = [['retry-after', String(retryAfterSeconds ?? 1)]] as const;
  writeOwnError(request, response, { code, message, headers });
}

/** What a page may ask a URL of the data plane for; null when there is none of that name. */
function methodsOf(path: string): string | null {
  if (ENDPOINTS.has(path) || path === EXPLAIN_ROUTE) return 'POST';
  return READ_ROUTES.test(path) ? 'GET' : null;
}

function refuseMethod(request: IncomingMessage, response: ServerResponse): void {
  writeOwnError(request, response, {
    code: 'method_not_allowed',
    message: `This endpoint takes POST, not ${request.method ?? 'this method'}.`,
    headers: [['allow', 'POST']],
  });
}
