// A client without opinions: what it is told goes out, what comes back is shown as it came.
import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { KEY } from './test-generation.js';

export interface CallOptions {
  readonly path?: string;
  readonly method?: string;
  /** Instead of the test key's `authorization`. */
  readonly headers?: Record<string, string>;
  /** Objects are sent as JSON. */
  readonly body?: unknown;
  /** A connection to keep; each call has its own otherwise. */
  readonly agent?: Agent;
  /** Closes the connection. */
  readonly signal?: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** Whether the HTTP message came to its proper end. */
  readonly isWhole: boolean;
  /** Milliseconds from the call to the end of the answer. */
  readonly ms: number;
}

/** The `error` object of an answer. */
export interface ErrorBody {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string;
}

export const CHAT = '/v1/chat/completions';

/** A chat request body for the model `m`. */
export const chatBody = (changes: object = {}): object => ({
  model: 'm',
  messages: [{ role: 'user', content: 'Hi' }],
  ...changes,
});

/** Sends a request and hears the start of its answer. */
export function open(port: number, options: CallOptions = {}): Promise<IncomingMessage> {
  const { path = CHAT, method = 'POST', body = chatBody(), agent, signal } = options;
  const bytes = toBytes(body);
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method,
        headers: {
          ...(options.headers ?? headers),
          ...(method === 'GET' || method === 'HEAD' ? {} : { 'content-length': bytes.length }),
        },
        agent: agent ?? false,
        ...(signal === undefined ? {} : { signal }),
      },
      resolve,
    );
    call.on('error', reject);
    call.end(method === 'GET' || method === 'HEAD' ? undefined : bytes);
  });
}

const toBytes = (body: unknown): Buffer => {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
};

/** Reads the rest of an answer; a broken one is an answer that is not whole. */
export async function readAll(response: IncomingMessage, startedMs = performance.now()): Promise<Answer> {
  const chunks: Buffer[] = [];
  response.on('data', (chunk: Buffer) => chunks.push(chunk));
  response.on('error', () => undefined);
  await new Promise((resolve) => response.once('close', resolve));
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    text: Buffer.concat(chunks).toString('utf8'),
    isWhole: response.complete,
    ms: performance.now() - startedMs,
  };
}

/** One whole exchange. */
export async function call(port: number, options: CallOptions = {}): Promise<Answer> {
  const startedMs = performance.now();
  return readAll(await open(port, options), startedMs);
}

/** The error of an answer; throws when its body is none. */
export function errorOf(answer: { readonly text: string }): ErrorBody {
  const document = JSON.parse(answer.text) as { error: ErrorBody };
  return document.error;
}

/** The `data:` payloads of a stream's text. */
export const dataOf = (text: string): string[] =>
  text
    .split('\n\n')
    .filter((event) => event !== '')
    .map((event) => event.replace(/^data: /, ''));

/** The words of a stream, in order. */
export const wordsOf = (text: string): string =>
  dataOf(text)
    .filter((data) => data !== '[DONE]')
    .map((data) => {
      const chunk = JSON.parse(data) as { choices?: { delta: { content?: string } }[] };
      return chunk.choices?.[0]?.delta.content ?? '';
    })
    .join('');

/** A bare connection: everything written is what the test wrote. */
export interface RawClient {
  readonly socket: Socket;
  /** What came so far, latin1. */
  text(): string;
  /** Resolves when the other side has ended or the connection broke. */
  readonly ended: Promise<void>;
}

export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect(port, '127.0.0.1');
  const chunks: string[] = [];
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => chunks.push(text));
  socket.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    socket.once('end', resolve);
    socket.once('close', () => resolve());
  });
  await new Promise((resolve) => socket.once('connect', resolve));
  return { socket, text: () => chunks.join(''), ended };
}
