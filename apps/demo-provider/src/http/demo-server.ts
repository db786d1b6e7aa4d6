// The provider's front door: node:http and an exact-match table, since a load run sends thousands of calls a second.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { answerModels } from '../dialects/answer-models.js';
import { anthropicDialect } from '../dialects/anthropic/anthropic.dialect.js';
import { countTokensOfMessages, messages } from '../dialects/anthropic/messages.js';
import { chatCompletions } from '../dialects/openai/chat-completions.js';
import { embeddings } from '../dialects/openai/embeddings.js';
import { openAiDialect } from '../dialects/openai/openai.dialect.js';
import { type Endpoint, runEndpoint } from '../dialects/run-endpoint.js';
import type { FaultBook } from '../faults/fault-book.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Concurrency } from './concurrency.js';
import { ConnectionGate } from './connection-gate.js';
import type { Dialect } from './dialect.js';
import { Exchange, requestIdOf } from './exchange.js';
import { invalidRequest, type OpenAiError } from './openai-error.js';

/** Where the provider listens and what it works with. */
export interface DemoServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Called once the port is ours, so that two providers never share one ledger. */
  readonly openLedger: () => Ledger;
  readonly faults: FaultBook;
  readonly concurrency: Concurrency;
  /** For what should never happen: a bug in answering one call. That call ends; the others go on. */
  readonly onError: (error: unknown) => void;
}

/** A listening provider. */
export interface DemoServer {
  readonly port: number;
  readonly ledger: Ledger;
  readonly gate: ConnectionGate;
  /** Takes no more calls, lets those in flight end for `graceMs`, then ends them. */
  close(graceMs: number): Promise<void>;
}

/** Longer than a gateway's own keep-alive, so that it is the gateway that closes idle connections. */
const KEEP_ALIVE_MS = 120_000;
/** How soon after its last answer a connection ends while the provider stops. */
const IDLE_SWEEP_MS = 20;
const LONGEST_ATTEMPT_ID = 200;

interface PostRoute {
  readonly dialect: Dialect;
  readonly run: (exchange: Exchange, faults: FaultBook) => void;
}

const POST_ROUTES: ReadonlyMap<string, PostRoute> = new Map([
  ['/v1/chat/completions', route(openAiDialect, chatCompletions)],
  ['/v1/embeddings', route(openAiDialect, embeddings)],
  ['/v1/messages', route(anthropicDialect, messages)],
  ['/v1/messages/count_tokens', route(anthropicDialect, countTokensOfMessages)],
]);

function route<Request extends { readonly model: string }>(
  dialect: Dialect,
  endpoint: Endpoint<Request>,
): PostRoute {
  return { dialect, run: (exchange, faults) => runEndpoint(endpoint, exchange, faults) };
}

/** Listens. Throws when the port cannot be had, and names the variable that moves it. */
export async function startDemoServer(options: DemoServerOptions): Promise<DemoServer> {
  const opened: { ledger?: Ledger } = {};
  let port = options.port;
  let made = 0;
  const startedAt = Date.now().toString(36);
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    const { ledger } = opened;
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    try {
      const found = POST_ROUTES.get(path);
      if (found === undefined || ledger === undefined) {
        answerOther(request, response, path);
        return;
      }
      if (request.method !== 'POST') {
        answerWrongMethod(request, response, 'POST');
        return;
      }
      const sent = request.headers['x-sluice-attempt-id'];
      const sentAttemptId = typeof sent === 'string' ? sent.slice(0, LONGEST_ATTEMPT_ID) : undefined;
      made += 1;
      const attemptId = sentAttemptId ?? `demo-${startedAt}-${made}`;
      const context = { ledger, concurrency: options.concurrency, gate, onError: options.onError };
      const { dialect, run } = found;
      const call = { request, response, attemptId, sentAttemptId, endpoint: path, dialect };
      run(new Exchange(call, context), options.faults);
    } catch (error) {
      options.onError(error);
      response.destroy();
    }
  });
  const gate = new ConnectionGate(
    server,
    () => void listen(server, options.host, port).catch(options.onError),
  );
  port = await listen(server, options.host, options.port);
  const ledger = options.openLedger();
  opened.ledger = ledger;
  return { port, ledger, gate, close: (graceMs) => close(server, gate, graceMs) };
}

function answerOther(request: IncomingMessage, response: ServerResponse, path: string): void {
  request.resume();
  const isModels = path === '/v1/models' || path.startsWith('/v1/models/');
  if (!isModels) {
    const message = `Unknown request URL: ${request.method ?? ''} ${path}. Please check the URL for typos.`;
    answerError(request, response, invalidRequest(message, null, { status: 404, code: 'unknown_url' }));
    return;
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    answerWrongMethod(request, response, 'GET');
    return;
  }
  const body = answerModels(request.url ?? '', dialectOf(request) === anthropicDialect);
  if (typeof body === 'string') send(response, 200, {}, body);
  else answerError(request, response, body);
}

function answerWrongMethod(request: IncomingMessage, response: ServerResponse, allow: string): void {
  request.resume();
  response.setHeader('allow', allow);
  const message = `Not allowed to ${request.method ?? ''} on ${request.url ?? ''}. Use ${allow}.`;
  answerError(
    request,
    response,
    invalidRequest(message, null, { status: 405, code: 'method_not_supported' }),
  );
}

/** Clients of Anthropic say so in each request. */
const dialectOf = ({ headers, url }: IncomingMessage): Dialect =>
  headers['anthropic-version'] !== undefined || url?.startsWith('/v1/messages') === true
    ? anthropicDialect
    : openAiDialect;

function answerError(request: IncomingMessage, response: ServerResponse, error: OpenAiError): void {
  const requestId = requestIdOf(request) ?? 'demo';
  const { status, headers, body } = dialectOf(request).toErrorAnswer(error, requestId);
  send(response, status, headers, body);
}

function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  response.on('error', () => response.destroy());
  response.writeHead(status, {
    ...headers,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const why =
        error.code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${error.code ?? error.message})`;
      const way = 'Set DEMO_PROVIDER_PORT to another port, or stop what uses it.';
      reject(new Error(`The demo provider's port ${host}:${port} ${why}. ${way}`, { cause: error }));
    };
    server.once('error', fail);
    server.listen({ host, port, backlog: 4096 }, () => {
      server.removeListener('error', fail);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function close(server: Server, gate: ConnectionGate, graceMs: number): Promise<void> {
  gate.close();
  return new Promise((resolve) => {
    const deadline = setTimeout(() => server.closeAllConnections(), graceMs);
    // close() ends the connections that are idle now; those that become so later are ended here.
    const sweep = setInterval(() => server.closeIdleConnections(), IDLE_SWEEP_MS);
    const done = (): void => {
      clearTimeout(deadline);
      clearInterval(sweep);
      resolve();
    };
    if (server.listening) server.close(done);
    else done();
  });
}
