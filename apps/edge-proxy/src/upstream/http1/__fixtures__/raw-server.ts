// A server under a test's thumb that writes bytes, not HTTP: what goes over the wire is what the test says.
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { CallAddress } from '../../transport.js';

/** One request as it came. */
export interface RawRequest {
  readonly head: string;
  readonly body: Buffer;
  readonly socket: Socket;
  /** Counts the requests of this connection, from 0. */
  readonly index: number;
}

export type RawReply = (request: RawRequest) => void;

export interface RawServer extends AsyncDisposable {
  readonly server: Server;
  readonly address: CallAddress;
  /** Every connection since the start, open or closed. */
  readonly sockets: readonly Socket[];
  readonly requests: readonly RawRequest[];
  /** Empties both lists of what is over, so that thousands of calls do not pile up. */
  forget(): void;
}

/** Starts a server on a free port that hands each whole request (head and content-length) to `reply`. */
export async function startRawServer(reply: RawReply, tls: TlsOptions | null = null): Promise<RawServer> {
  const sockets: Socket[] = [];
  const requests: RawRequest[] = [];
  const onSocket = (socket: Socket): void => {
    sockets.push(socket);
    // Clients that vanish are what is tested here.
    socket.on('error', () => undefined);
    let index = 0;
    onRequests(socket, (head, body) => {
      const request = { head, body, socket, index };
      index += 1;
      requests.push(request);
      reply(request);
    });
  };
  const server = tls === null ? createServer({ noDelay: true }, onSocket) : createTlsServer(tls, onSocket);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    server,
    address: {
      origin: `${tls === null ? 'http' : 'https'}://127.0.0.1:${port}`,
      path: '/v1/chat/completions',
      headers: ['content-type', 'application/json'],
      allowPrivateNetwork: true,
    },
    sockets,
    requests,
    forget() {
      const left = sockets.filter((socket) => !socket.destroyed);
      sockets.splice(0, sockets.length, ...left);
      requests.length = 0;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function onRequests(socket: Socket, onRequest: (head: string, body: Buffer) => void): void {
  let bytes = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = bytes.toString('latin1', 0, end);
      const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
      if (bytes.length < end + 4 + length) return;
      const body = Buffer.from(bytes.subarray(end + 4, end + 4 + length));
      bytes = bytes.subarray(end + 4 + length);
      onRequest(head, body);
    }
  });
}

/** A whole answer with a length. */
export const answer = (body: string, headers = ''): string =>
  `HTTP/1.1 200 OK\r\n${headers}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
