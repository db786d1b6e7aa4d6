import { type Dispatcher, Pool } from 'undici';
import {
  type Transport,
  type TransportFailure,
  type UpstreamCall,
  type UpstreamHeaders,
  type UpstreamListener,
  type UpstreamRequest,
} from './transport.js';

/** Header bytes that a provider may send; more is an attack or a mistake. */
const MAX_HEADER_BYTES = 64 * 1024;
/** Providers close idle connections after 60 s and more; ours go first, so that none is found dead. */
const KEEP_ALIVE_MS = 30_000;

/** Calls providers through one undici pool for each origin; raw `dispatch`, since `fetch` costs five times the CPU. */
export class UndiciTransport implements Transport {
  readonly #pools = new Map<string, Pool>();

  send(request: UpstreamRequest, listener: UpstreamListener): UpstreamCall {
    const call = new Call(listener);
    const { origin, path, headers } = request.address;
    this.#pool(origin, request.connectTimeoutMs).dispatch(
      { origin, path, method: 'POST', headers: headers.concat(request.headers), body: request.body },
      call,
    );
    return call;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#pools.values()].map((pool) => pool.destroy()));
  }

  #pool(origin: string, connectTimeoutMs: number): Pool {
    const key = `${connectTimeoutMs} ${origin}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new Pool(origin, {
        pipelining: 1,
        // The walk has timers of its own that know what they wait for.
        headersTimeout: 0,
        bodyTimeout: 0,
        keepAliveTimeout: KEEP_ALIVE_MS,
        maxHeaderSize: MAX_HEADER_BYTES,
        connect: { timeout: connectTimeoutMs },
      });
      this.#pools.set(key, pool);
    }
    return pool;
  }
}

/** One dispatch: undici's handler on one side, our listener on the other. */
class Call implements Dispatcher.DispatchHandler, UpstreamCall {
  readonly #listener: UpstreamListener;
  #controller: Dispatcher.DispatchController | null = null;
  #isAborted = false;
  #isOver = false;

  constructor(listener: UpstreamListener) {
    this.#listener = listener;
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isAborted = true;
    this.#controller?.abort(ABORTED);
  }

  pause(): void {
    this.#controller?.pause();
  }

  resume(): void {
    this.#controller?.resume();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isAborted) controller.abort(ABORTED);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: UpstreamHeaders,
  ): void {
    // Informational answers come before the real one.
    if (status >= 200 && !this.#isAborted) this.#listener.onHead(status, headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#isAborted) this.#listener.onData(chunk);
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (!this.#isAborted) this.#listener.onEnd();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.onFailed(
      this.#isAborted ? { kind: 'aborted', message: 'the call was aborted' } : toFailure(error),
    );
  }
}

const ABORTED = new Error('aborted by the gateway');

const CONNECT_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
]);

/** Names an error of the network; the address is not ours to tell clients, so only the kind and code go on. */
function toFailure(error: Error): TransportFailure {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT') {
    return { kind: 'connect_timeout', message: 'the connection could not be made in time' };
  }
  if (
    CONNECT_CODES.has(code) ||
    code.startsWith('ERR_TLS') ||
    code.startsWith('CERT_') ||
    /CERT|SIGNATURE/.test(code)
  ) {
    return { kind: 'connect', message: `the connection failed (${code})` };
  }
  if (
    code.startsWith('HPE_') ||
    code === 'UND_ERR_HEADERS_OVERFLOW' ||
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
  ) {
    return { kind: 'protocol', message: `the answer is not valid HTTP (${code})` };
  }
  return { kind: 'reset', message: `the connection broke${code === '' ? '' : ` (${code})`}` };
}
