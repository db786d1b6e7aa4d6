import { type ServerOptions } from 'node:http';
import { type Duplex } from 'node:stream';
import { toOpenAiErrorBody } from '@sluice/contracts';

/** How node:http guards the door. Node's own defaults are made for trusted networks. */
export const SERVER_OPTIONS: ServerOptions = {
  maxHeaderSize: 16 * 1024,
  // A client that takes longer for its headers, or its whole body, holds a socket for nothing.
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  connectionsCheckingInterval: 1_000,
  // Longer than the 60 s of usual load balancers, so that they close first and never hit a closed socket.
  keepAliveTimeout: 65_000,
  noDelay: true,
};

interface ParserError extends Error {
  readonly code?: string;
}

/** What cannot be parsed as HTTP is answered once, as JSON, and the connection closed. */
export function writeParserError(error: ParserError, socket: Duplex): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, message] = describe(error.code);
  const body = toOpenAiErrorBody('invalid_request', message, null);
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `connection: close\r\n\r\n${body}`,
  );
}

function describe(code: string | undefined): readonly [string, string] {
  if (code === 'HPE_HEADER_OVERFLOW')
    return ['431 Request Header Fields Too Large', 'The headers are larger than 16 KiB.'];
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return ['408 Request Timeout', 'The request was not sent in time.'];
  return ['400 Bad Request', 'The request is not valid HTTP/1.1.'];
}
