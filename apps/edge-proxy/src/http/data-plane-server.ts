// The server under the data plane: node:http with every answer in our shape, also to what is no proper HTTP.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { toOpenAiErrorBody } from '@sluice/contracts';
import { makeEventId } from '../reporting/event-id.js';
import { ConnectionCap } from './connection-cap.js';
import { writeOwnError } from './own-error.js';
import { responseUnderWay } from './response-under-way.js';
import { framingProblem } from './request-framing.js';
import { SERVER_LIMITS, type ServerLimits, toServerOptions } from './server-options.js';

export interface DataPlaneServerOptions {
  readonly take: (request: IncomingMessage, response: ServerResponse) => void;
  /** What `take` throws; the request has been answered. */
  readonly onBug: (error: unknown) => void;
  /** `server.trustedProxies` of the current config. */
  readonly trustedProxies: () => readonly string[];
  /** A connection was closed unheard. */
  readonly onConnectionRefused: (reason: RefusedConnection, address?: string) => void;
  readonly limits?: ServerLimits;
}

/** Why: all connections are taken, or this address has too many. */
export type RefusedConnection = 'max_connections' | 'max_per_address';

export function createDataPlaneServer(options: DataPlaneServerOptions): Server {
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    try {
      // Node says "close" to the client by itself, but waits for it to do so.
      if (isLastOnConnection(response)) response.shouldKeepAlive = false;
      const problem = framingProblem(request);
      if (problem === null) options.take(request, response);
      else refuseFraming(request, response, problem);
    } catch (error) {
      options.onBug(error);
      if (!response.headersSent) {
        writeOwnError(request, response, {
          code: 'internal_error',
          message: 'The gateway failed this request.',
        });
      } else response.destroy();
    }
  };
  const limits = options.limits ?? SERVER_LIMITS;
  const server = createServer(toServerOptions(limits), take);
  boundConnections(server, limits, options);
  // An expectation that nobody knows may be ignored; node's own 417 has no request id.
  server.on('checkExpectation', take);
  server.on('clientError', writeParserError);
  server.on('connect', (_request, socket) => {
    endWithError(socket, '405 Method Not Allowed', 'This gateway is no proxy: CONNECT is not served.');
  });
  return server;
}

/** Node's own mark of the request that reaches `maxRequestsPerSocket`; nothing public says it. */
const isLastOnConnection = (
  response: ServerResponse & { maxRequestsOnConnectionReached?: boolean },
): boolean => response.maxRequestsOnConnectionReached === true;

function boundConnections(server: Server, limits: ServerLimits, options: DataPlaneServerOptions): void {
  server.maxRequestsPerSocket = limits.maxRequestsPerSocket;
  server.maxConnections = limits.maxConnections;
  server.on('drop', () => options.onConnectionRefused('max_connections'));
  const cap = new ConnectionCap({
    maxPerAddress: limits.maxConnectionsPerAddress,
    trusted: options.trustedProxies,
    onRefused: (address) => options.onConnectionRefused('max_per_address', address),
  });
  server.on('connection', (socket) => cap.take(socket));
}

function refuseFraming(request: IncomingMessage, response: ServerResponse, message: string): void {
  writeOwnError(request, response, {
    code: 'invalid_request',
    message,
    headers: [['connection', 'close']],
  });
}

interface ParserError extends Error {
  readonly code?: string;
}

/** What cannot be parsed as HTTP is answered once, and the connection closed. */
function writeParserError(error: ParserError, socket: Duplex): void {
  // Behind a request that is being answered it would become a part of that answer.
  const isAnswering = responseUnderWay(socket)?.headersSent === true;
  if (!socket.writable || isAnswering || error.code === 'ECONNRESET') socket.destroy();
  else if (error.code === 'HPE_HEADER_OVERFLOW')
    endWithError(socket, '431 Request Header Fields Too Large', 'The headers are larger than 16 KiB.');
  else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    endWithError(socket, '408 Request Timeout', 'The request was not sent in time.');
  else endWithError(socket, '400 Bad Request', 'The request is not valid HTTP/1.1.');
}

function endWithError(socket: Duplex, status: string, message: string): void {
  const code = status.startsWith('405') ? 'method_not_allowed' : 'invalid_request';
  const body = toOpenAiErrorBody(code, message, null);
  socket.on('error', () => undefined); // the other side may be gone
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `x-request-id: ${makeEventId(Date.now())}\r\nconnection: close\r\n\r\n${body}`,
  );
}
