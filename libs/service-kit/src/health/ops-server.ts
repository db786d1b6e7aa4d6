// The page that operators, orchestrators and Prometheus read. Plain node:http, so that it answers when Nest does not.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { maskSecrets } from '../secret-mask.js';
import type { HealthRegistry } from './health-registry.js';

/** What the ops server shows and where. */
export interface OpsServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The environment variable that moves the port, for the error message. */
  readonly portVariable: string;
  readonly health: HealthRegistry;
  readonly metrics: Registry;
  /** Further fields of `/readyz`, e.g. `configVersion`. */
  readonly info: () => Record<string, unknown>;
  /** A service's own pages: answers and gives true, or gives false and the path is 404. Called synchronously, before the body. */
  readonly ownPages?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

/** A listening ops server. */
export interface OpsServer {
  readonly port: number;
  /** Ends open connections at once. */
  close(): Promise<void>;
}

interface Site extends Pick<OpsServerOptions, 'ownPages'> {
  readonly pages: ReadonlyMap<string, () => Page | Promise<Page>>;
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const SLOWEST_REQUEST_MS = 5_000;
const MOST_CONNECTIONS = 100;

/** Listens for `GET /healthz`, `/readyz`, `/metrics`. Throws when the port cannot be had, and says which variable moves it. */
export async function startOpsServer(options: OpsServerOptions): Promise<OpsServer> {
  const site = { ...options, pages: pagesOf(options) };
  const server = createServer(
    { requestTimeout: SLOWEST_REQUEST_MS, headersTimeout: SLOWEST_REQUEST_MS },
    (request, response) => void answer(site, request, response),
  );
  server.maxConnections = MOST_CONNECTIONS;
  await listen(server, options);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () => close(server),
  };
}

function pagesOf(options: OpsServerOptions): ReadonlyMap<string, () => Page | Promise<Page>> {
  return new Map<string, () => Page | Promise<Page>>([
    ['/healthz', () => ({ status: 200, type: JSON_TYPE, body: '{"alive":true}' })],
    ['/readyz', () => readyPage(options)],
    [
      '/metrics',
      async () => ({
        status: 200,
        type: options.metrics.contentType,
        body: await options.metrics.metrics(),
      }),
    ],
  ]);
}

function readyPage({ health, info }: OpsServerOptions): Page {
  const { ready, dependencies } = health.readiness();
  const body = maskSecrets(JSON.stringify({ ready, ...info(), dependencies }));
  return { status: ready ? 200 : 503, type: JSON_TYPE, body };
}

async function answer(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  request.resume();
  try {
    const page = site.pages.get((request.url ?? '').split('?', 1)[0] ?? '');
    if (page === undefined) {
      if (site.ownPages?.(request, response) !== true) send(request, response, errorPage(404, 'not found'));
    } else if (request.method === 'GET' || request.method === 'HEAD') {
      send(request, response, await page());
    } else {
      response.setHeader('allow', 'GET, HEAD');
      send(request, response, errorPage(405, 'only GET and HEAD'));
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown';
    // A page of the service's own may have failed in the middle of its answer.
    if (response.headersSent) response.destroy();
    else send(request, response, errorPage(500, `this page failed: ${maskSecrets(reason)}`));
  }
}

const errorPage = (status: number, error: string): Page => ({
  status,
  type: JSON_TYPE,
  body: JSON.stringify({ error, pages: ['/healthz', '/readyz', '/metrics'] }),
});

function send(request: IncomingMessage, response: ServerResponse, page: Page): void {
  response.writeHead(page.status, {
    'content-type': page.type,
    'content-length': Buffer.byteLength(page.body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(request.method === 'HEAD' ? undefined : page.body);
}

function listen(server: Server, { host, port, portVariable }: OpsServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(new Error(whyNotListening(error, `${host}:${port}`, portVariable), { cause: error }));
    });
    server.listen(port, host, () => {
      server.removeAllListeners('error');
      resolve();
    });
  });
}

function whyNotListening(error: NodeJS.ErrnoException, address: string, portVariable: string): string {
  const way = `Set ${portVariable} to another port, or stop what uses it.`;
  if (error.code === 'EADDRINUSE') return `The ops port ${address} is in use. ${way}`;
  return `The ops port ${address} cannot be opened (${error.code ?? error.message}). ${way}`;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
