// Plays recorded answers: which one, the request's id says (the gateway sends it on); remembers what it was sent.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { cutBytes, type Cutting, makeRandom } from './cut-bytes.js';

/** What is to be answered to one request. */
export interface ReplayedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly cutting: Cutting;
  readonly seed: number;
}

/** What the gateway sent. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface ReplayServer {
  readonly port: number;
  /** The answer to the requests with this `x-request-id`. */
  plan(requestId: string, answer: ReplayedAnswer): void;
  /** All requests with this id, in order. */
  received(requestId: string): readonly ReceivedRequest[];
  close(): Promise<void>;
}

/** They describe the recording's connection, not the answer. */
const DROPPED_HEADERS = new Set([
  'connection',
  'keep-alive',
  'content-length',
  'content-encoding',
  'transfer-encoding',
]);

/** Starts on a free port of 127.0.0.1. */
export async function startReplayServer(): Promise<ReplayServer> {
  const answers = new Map<string, ReplayedAnswer>();
  const received = new Map<string, ReceivedRequest[]>();
  const server = createServer((request, response) => {
    void serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const id = String(request.headers['x-request-id']);
    const { method = '', url = '', headers } = request;
    const list = received.get(id) ?? [];
    received.set(id, [...list, { method, path: url, headers, body: Buffer.concat(chunks).toString() }]);
    const answer = answers.get(id);
    if (answer === undefined) response.writeHead(599).end(`no answer is planned for ${id}`);
    else await play(answer, response);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    // A listening TCP server's address is an object with a port.
    port: (server.address() as { port: number }).port,
    plan: (id, answer) => void answers.set(id, answer),
    received: (id) => received.get(id) ?? [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Each piece is a chunk of its own in the transfer coding, so the receiver's parser sees every border. */
async function play(answer: ReplayedAnswer, response: ServerResponse): Promise<void> {
  const headers = Object.entries(answer.headers).filter(([name]) => !DROPPED_HEADERS.has(name.toLowerCase()));
  response.writeHead(answer.status, Object.fromEntries(headers));
  const pieces = cutBytes(Buffer.from(answer.body), answer.cutting, makeRandom(answer.seed));
  for (const [index, piece] of pieces.entries()) {
    response.write(piece);
    // Now and then the socket is flushed too; once a byte would take minutes.
    if (index % 16 === 0) await nextTurn();
  }
  response.end();
}
