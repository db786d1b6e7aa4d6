import { GatewayError } from '@sluice/contracts';
import type { Exchange } from '../chat/exchange.js';
import type { OverloadGuard } from '../overload/overload-guard.js';

/** Heard once: the whole body, or why there is none. `null` when the client went away while sending. */
export type BodyListener = (error: GatewayError | null, body: Buffer | null) => void;

/**
 * Buffers a request's body, up to `server.maxRequestBodyMb` and to what all requests together may hold.
 * @param overload asked before anything is kept, for each piece; a declared length is only compared with what is free
 */
export function readBody(exchange: Exchange, overload: OverloadGuard, onBody: BodyListener): void {
  const { request } = exchange;
  const limitBytes = exchange.generation.config.server.maxRequestBodyBytes;
  const declared = Number(request.headers['content-length'] ?? 0);
  let first: Buffer | null = null;
  let chunks: Buffer[] | null = null;
  let length = 0;
  let isOver = false;
  const refuse = (error: GatewayError): void => {
    isOver = true;
    chunks = first = null;
    onBody(error, null);
  };
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    // What comes after a refusal is thrown away, not refused: most clients read the answer only when they have
    // sent everything, and a reset would destroy it. The server's requestTimeout bounds how long that goes on.
    if (isOver) return;
    if (length > limitBytes) return refuse(tooLarge(limitBytes));
    const noRoom = overload.holdBody(exchange, chunk.length);
    if (noRoom !== null) {
      refuse(noRoom);
    } else if (first === null) {
      first = chunk;
    } else {
      (chunks ??= [first]).push(chunk);
    }
  });
  request.on('end', () => {
    if (isOver) return;
    isOver = true;
    onBody(null, chunks === null ? (first ?? EMPTY) : Buffer.concat(chunks, length));
  });
  request.on('close', () => {
    if (isOver) return;
    isOver = true;
    onBody(null, null);
  });
  if (declared > limitBytes) return refuse(tooLarge(limitBytes));
  const noRoom = declared > 0 ? overload.refusalOfBody(exchange, declared) : null;
  if (noRoom !== null) refuse(noRoom);
}

const EMPTY = Buffer.alloc(0);

function tooLarge(limitBytes: number): GatewayError {
  const megabytes = Math.round((limitBytes / 1024 / 1024) * 100) / 100;
  return new GatewayError('request_too_large', {
    message: `The body is larger than ${megabytes} MB, the limit of this gateway (server.maxRequestBodyMb).`,
  });
}
