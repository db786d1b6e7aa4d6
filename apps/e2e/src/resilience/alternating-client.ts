// A client in front of several edges, as careful as HTTP/1.1 asks and no more: it takes them in turns, keeps connections,
// sends again what met a kept connection that was closed without a byte of an answer, and goes to the next edge when one
// refuses the connection. It does not look at anybody's readiness.
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** One request, and what came of it. */
export interface Asked {
  readonly id: string;
  readonly isStream: boolean;
  /** Null when it was answered whole. */
  readonly failure: string | null;
  /** Tries before it that the client was right to repeat. */
  readonly closedIdle: number;
  readonly refused: readonly RefusedTry[];
  /** Of the last try. */
  readonly edge: number;
  readonly sentMs: number;
  readonly endedMs: number;
  readonly toldToClose: boolean;
}
export interface RefusedTry {
  readonly edge: number;
  readonly atMs: number;
}

export interface AlternatingClientOptions {
  readonly urls: readonly string[];
  readonly key: string;
  readonly perSecond: number;
  /** The model of the nth request, and whether it is streamed. */
  readonly ask: (index: number) => { readonly model: string; readonly stream: boolean };
}

export interface AlternatingClient {
  /** How many were sent so far. */
  readonly sent: number;
  /** Sends no more, and gives all when the last has ended. */
  stop(): Promise<readonly Asked[]>;
}

const SLICE_MS = 10;
const TIMEOUT_MS = 60_000;
const MOST_TRIES = 6;

export function startAlternatingClient(options: AlternatingClientOptions): AlternatingClient {
  const over = new AbortController();
  const agents = options.urls.map(() => new Agent({ keepAlive: true, maxFreeSockets: 64 }));
  const under: Promise<Asked>[] = [];
  const startedMs = performance.now();
  const sending = (async () => {
    while (!over.signal.aborted) {
      const due = Math.ceil(((performance.now() - startedMs) / 1000) * options.perSecond);
      while (under.length < due) under.push(new Asking(options, agents, under.length).run());
      // The pace of the load itself, not a wait for something to happen.
      await wait(SLICE_MS);
    }
  })();
  return {
    get sent() {
      return under.length;
    },
    async stop() {
      over.abort();
      await sending;
      const asked = await Promise.all(under);
      for (const agent of agents) agent.destroy();
      return asked;
    },
  };
}

/** How one try ended. */
type Try =
  | { readonly kind: 'whole'; readonly toldToClose: boolean }
  | { readonly kind: 'refused' | 'closed_idle' }
  | { readonly kind: 'failed'; readonly failure: string };

class Asking {
  readonly #options: AlternatingClientOptions;
  readonly #agents: readonly Agent[];
  readonly #index: number;
  readonly #stream: boolean;
  readonly #body: string;

  constructor(options: AlternatingClientOptions, agents: readonly Agent[], index: number) {
    const { model, stream } = options.ask(index);
    this.#options = options;
    this.#agents = agents;
    this.#index = index;
    this.#stream = stream;
    this.#body = JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Hello' }] });
  }

  async run(): Promise<Asked> {
    const sentMs = performance.now();
    const refused: RefusedTry[] = [];
    let closedIdle = 0;
    for (let tries = 0; ; tries += 1) {
      const edge = (this.#index + tries) % this.#agents.length;
      // What is sent again goes over a new connection: other kept ones may have been closed too.
      const end: Try = tries < MOST_TRIES ? await this.#try(edge, closedIdle > 0) : TOO_OFTEN;
      if (end.kind === 'refused') refused.push({ edge, atMs: performance.now() });
      else if (end.kind === 'closed_idle') closedIdle += 1;
      else {
        return {
          id: this.#id,
          isStream: this.#stream,
          failure: end.kind === 'failed' ? end.failure : null,
          closedIdle,
          refused,
          edge,
          sentMs,
          endedMs: performance.now(),
          toldToClose: end.kind === 'whole' && end.toldToClose,
        };
      }
    }
  }

  get #id(): string {
    return `rolling-${this.#index}`;
  }

  #try(edge: number, isNewConnection: boolean): Promise<Try> {
    const { urls, key } = this.#options;
    return new Promise((resolve) => {
      const call: ClientRequest = request(
        `${urls[edge]}/v1/chat/completions`,
        {
          method: 'POST',
          agent: isNewConnection ? new Agent() : this.#agents[edge],
          timeout: TIMEOUT_MS,
          headers: {
            authorization: `Bearer ${key}`,
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(this.#body),
            'x-request-id': this.#id,
          },
        },
        (response) => this.#read(response, resolve),
      );
      call.on('timeout', () => call.destroy(new Error('no answer in time')));
      call.on('error', (error: NodeJS.ErrnoException) => {
        const wasClosed = ['ECONNRESET', 'EPIPE'].includes(error.code ?? '');
        if (error.code === 'ECONNREFUSED') resolve({ kind: 'refused' });
        else if (call.reusedSocket && wasClosed) resolve({ kind: 'closed_idle' });
        else resolve({ kind: 'failed', failure: `${error.message} (${error.code}) before an answer` });
      });
      call.end(this.#body);
    });
  }

  #read(response: IncomingMessage, resolve: (end: Try) => void): void {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    response.on('error', () => undefined);
    response.on('close', () => {
      const failure = this.#whyBad(response, text);
      const toldToClose = response.headers.connection === 'close';
      resolve(failure === null ? { kind: 'whole', toldToClose } : { kind: 'failed', failure });
    });
  }

  #whyBad({ statusCode, complete }: IncomingMessage, text: string): string | null {
    if (!complete) return `cut after ${text.length} characters`;
    if (statusCode !== 200) return `status ${statusCode}: ${text.slice(0, 200)}`;
    const isWhole = this.#stream ? text.endsWith('data: [DONE]\n\n') : text.includes('"choices"');
    return isWhole ? null : `a strange end: ${text.slice(-200)}`;
  }
}

const TOO_OFTEN: Try = { kind: 'failed', failure: `no edge after ${MOST_TRIES} tries` };
