import { tempDir } from '@sluice/testing';
import { type DemoProvider, startDemoProvider } from '../start-demo-provider.js';
import type { LedgerTotals, Serving } from '../ledger/serving.js';

/** What came back from one call, however it ended. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly text: string;
  /** Whether the body came to its proper end. */
  readonly whole: boolean;
  /** Number of reads that the body took. */
  readonly reads: number;
}

/** A provider on free ports with a ledger of its own. */
export interface TestProvider extends AsyncDisposable {
  readonly provider: DemoProvider;
  readonly dataDir: string;
  readonly errors: unknown[];
  post(path: string, body: unknown, options?: CallOptions): Promise<Answer>;
  chat(body: Record<string, unknown>, options?: CallOptions): Promise<Answer>;
  ops(path: string, init?: RequestInit): Promise<Response>;
  totals(): Promise<LedgerTotals & { concurrency: { current: number; peak: number } }>;
  ledger(query?: string): Promise<Serving[]>;
}

/** How a call is made. */
export interface CallOptions {
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** The smallest prompt. */
export const HI = [{ role: 'user', content: 'Hi' }];

/** Starts a provider; `await using` stops it and removes its folder. */
export async function startTestProvider(): Promise<TestProvider> {
  const dir = await tempDir('sluice-demo-');
  const errors: unknown[] = [];
  const provider = await startDemoProvider({
    config: {
      host: '127.0.0.1',
      port: 0,
      opsHost: '127.0.0.1',
      opsPort: 0,
      dataDir: dir.path,
      logLevel: 'silent',
    },
    instance: 'demo-provider-test',
    onError: (_what, error) => errors.push(error),
  });
  const ops = (path: string, init?: RequestInit): Promise<Response> => fetch(`${provider.opsUrl}${path}`, init);
  const post = (path: string, body: unknown, options?: CallOptions): Promise<Answer> =>
    call(`${provider.baseUrl}${path}`, typeof body === 'string' ? body : JSON.stringify(body), options);
  return {
    provider,
    dataDir: dir.path,
    errors,
    post,
    ops,
    chat: (body, options) => post('/chat/completions', { model: 'demo-fast', messages: HI, ...body }, options),
    totals: async () => (await ops('/ledger/totals')).json() as ReturnType<TestProvider['totals']>,
    ledger: async (query = '') => toServings(await (await ops(`/ledger${query}`)).text()),
    [Symbol.asyncDispose]: async () => {
      await provider.stop(0);
      await dir.remove();
    },
  };
}

/** The data of each event of a stream, in order; throws when the stream is not well-formed SSE. */
export function toEvents(text: string): string[] {
  if (text !== '' && !text.endsWith('\n\n')) throw new Error(`the stream ends within an event: ${text.slice(-80)}`);
  return text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => {
      if (!event.startsWith('data: ')) throw new Error(`not an event: ${event}`);
      return event.slice('data: '.length);
    });
}

function toServings(text: string): Serving[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Serving);
}

async function call(url: string, body: string, options: CallOptions = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...options.headers },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const pieces: Uint8Array[] = [];
  let whole = true;
  try {
    // A fetch body gives bytes; its type leaves them open.
    for await (const piece of response.body ?? []) pieces.push(piece as Uint8Array);
  } catch {
    whole = false;
  }
  const bytes = Buffer.concat(pieces);
  const { status, headers } = response;
  return { status, headers, bytes, text: bytes.toString(), whole, reads: pieces.length };
}
