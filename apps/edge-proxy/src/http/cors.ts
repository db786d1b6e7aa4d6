// Which web pages may read the answers of the data plane: those of `server.cors`, none without it. Never with
// credentials: a page has to hold a key itself.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CorsConfig } from '@sluice/config-schema';

/** What the SDKs and tracers send from a browser, beside what every page may send. */
const ALLOWED_HEADERS: ReadonlySet<string> = new Set([
  ...['authorization', 'x-api-key', 'api-key', 'content-type', 'accept', 'user-agent', 'cache-control'],
  ...['x-request-id', 'idempotency-key', 'traceparent', 'tracestate'],
  ...['anthropic-version', 'anthropic-beta', 'anthropic-dangerous-direct-browser-access'],
  ...['openai-organization', 'openai-project', 'openai-beta'],
]);
const ALLOWED_PREFIXES = ['x-sluice-', 'x-stainless-'];
const HEADER_NAME = /^[a-z0-9-]{1,64}$/;
/** The SDKs send about fifteen. */
const MAX_ASKED_HEADERS = 64;

/** All that the edge says in headers beyond what every page may read. */
const EXPOSED_HEADERS = [
  ...['x-request-id', 'request-id', 'retry-after', 'x-cache', 'x-dedup'],
  ...['x-sluice-provider', 'x-sluice-model', 'x-sluice-attempts', 'x-sluice-estimated'],
  ...['limit', 'remaining', 'reset'].flatMap((what) => [
    `x-ratelimit-${what}-requests`,
    `x-ratelimit-${what}-tokens`,
  ]),
  ...['x-ratelimit-limit-concurrency', 'x-ratelimit-remaining-concurrency'],
].join(', ');

/** The rules of one generation of the config. */
export class CorsPolicy {
  readonly config: CorsConfig;
  readonly #origins: ReadonlySet<string>;
  readonly #isForAll: boolean;
  readonly #maxAgeSeconds: string;

  constructor(config: CorsConfig) {
    this.config = config;
    this.#origins = new Set(config.origins.map((origin) => origin.toLowerCase()));
    this.#isForAll = this.#origins.has('*');
    this.#maxAgeSeconds = String(Math.trunc(config.maxAgeMs / 1000));
  }

  /**
   * Lets the page behind a request read the answer, whatever that will be.
   * @returns false when its origin is not one of the config's
   */
  allowOrigin(origin: string, response: ServerResponse): boolean {
    // Caches must not give one page's answer to another.
    if (!this.#isForAll) response.setHeader('vary', 'origin');
    if (!this.#isForAll && !this.#origins.has(origin)) return false;
    response.setHeader('access-control-allow-origin', this.#isForAll ? '*' : origin);
    response.setHeader('access-control-expose-headers', EXPOSED_HEADERS);
    return true;
  }

  /** Answers a browser that asks before it sends: nothing is judged yet, and there is no key to judge. */
  answerPreflight(request: IncomingMessage, response: ServerResponse, methods: string): void {
    if (response.hasHeader('access-control-allow-origin')) {
      response.removeHeader('access-control-expose-headers');
      response.setHeader('access-control-allow-methods', methods);
      const headers = allowedHeaders(request.headers['access-control-request-headers']);
      if (headers !== '') response.setHeader('access-control-allow-headers', headers);
      response.setHeader('access-control-max-age', this.#maxAgeSeconds);
    }
    response.writeHead(204);
    response.end();
  }
}

/** Whether a request is a browser's question; any other `OPTIONS` is a method like others. */
export const isPreflight = ({ method, headers }: IncomingMessage): boolean =>
  method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;

/** Those of the asked headers that may be sent. */
function allowedHeaders(asked: string | string[] | undefined): string {
  if (typeof asked !== 'string') return '';
  const names = asked.split(',', MAX_ASKED_HEADERS).map((name) => name.trim().toLowerCase());
  return names.filter(mayBeSent).join(', ');
}

const mayBeSent = (name: string): boolean =>
  HEADER_NAME.test(name) &&
  (ALLOWED_HEADERS.has(name) || ALLOWED_PREFIXES.some((prefix) => name.startsWith(prefix)));
