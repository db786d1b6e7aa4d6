// A provider under a test's thumb: a small HTTP server that answers as it is told and remembers what it was sent.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One call as the provider saw it. */
export interface ReceivedCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly response: ServerResponse;
  readonly socket: Socket;
  /** `performance.now` when the connection closed; null while it is open. */
  closedMs: number | null;
}

/** How a call is answered. */
export type Reply = (call: ReceivedCall) => void;

/** A provider on a free port. */
export interface FakeProvider extends AsyncDisposable {
  readonly port: number;
  /** For `baseUrl`. */
  readonly baseUrl: string;
  readonly calls: ReceivedCall[];
  /** Connections taken since the start. */
  readonly connections: number;
  /** Answers all further calls like this. */
  reply: Reply;
  stop(): Promise<void>;
}

/** Starts a provider that answers every call with `reply`, a plain completion unless told otherwise. */
export async function startFakeProvider(reply: Reply = completion('Hi')): Promise<FakeProvider> {
  const calls: ReceivedCall[] = [];
  const counts = { connections: 0 };
  const server = createServer((request, response) => {
    void readText(request).then((body) => {
      const call = toCall(request, response, body);
      calls.push(call);
      request.socket.once('close', () => (call.closedMs = performance.now()));
      provider.reply(call);
    });
  });
  server.on('connection', (socket) => {
    counts.connections += 1;
    // One listener a call, and a kept connection carries many.
    socket.setMaxListeners(0);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const provider: FakeProvider = {
    port,
    baseUrl: `http://127.0.0.1:${port}/v1`,
    calls,
    get connections() {
      return counts.connections;
    },
    reply,
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return provider;
}

function toCall(request: IncomingMessage, response: ServerResponse, body: string): ReceivedCall {
  const { method = '', url = '', headers, socket } = request;
  return { method, path: url, headers, body, response, socket, closedMs: null };
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => request.once('end', resolve));
  return Buffer.concat(chunks).toString('utf8');
}

/** Any answer in one piece. */
export const answer =
  (status: number, body: string | object, headers: Record<string, string> = {}): Reply =>
  ({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

/** An error in OpenAI's shape. */
export const refusal = (
  status: number,
  error: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): Reply =>
  answer(
    status,
    { error: { message: `secret words of a ${status}`, type: 'some_error', ...error } },
    headers,
  );

export const USAGE = { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 };

/** A whole completion with usage. */
export const completion = (text: string): Reply =>
  answer(200, {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'upstream-name',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }],
    usage: USAGE,
  });

/** The `data:` line of one chunk. */
export function chunk(delta: object, finishReason: string | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finishReason }];
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'upstream-name', choices })}\n\n`;
}

export const ROLE = chunk({ role: 'assistant', content: '' });
export const FINISH = chunk({}, 'stop');
export const USAGE_CHUNK = `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'upstream-name', choices: [], usage: USAGE })}\n\n`;
export const DONE = 'data: [DONE]\n\n';

/** The events of a whole stream. */
export const wholeStream = (...words: string[]): string[] => [
  ROLE,
  ...words.map((content) => chunk({ content })),
  FINISH,
  USAGE_CHUNK,
  DONE,
];

/** Starts a stream with these events; what happens then is the test's to say. */
export function beginStream({ response }: ReceivedCall, events: readonly string[] = []): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.flushHeaders();
  for (const event of events) response.write(event);
}

/** A stream in one piece that ends by itself. */
export const stream =
  (events: readonly string[]): Reply =>
  (call) => {
    beginStream(call, events);
    call.response.end();
  };

/** Sends what is written so far, then breaks the connection with a reset. */
export function breakOff({ response, socket }: ReceivedCall): void {
  // Another turn: a reset throws away what the kernel has not sent yet.
  response.write('', () => setTimeout(() => socket.resetAndDestroy(), 20));
}

/** Never answers. */
export const silence: Reply = () => undefined;
