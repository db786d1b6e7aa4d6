import type { IncomingMessage } from 'node:http';
import { GatewayError } from '@sluice/contracts';

/** Heard once: the whole body, or why there is none. `null` when the client went away while sending. */
export type BodyListener = (error: GatewayError | null, body: Buffer | null) => void;

/**
 * Buffers a request body up to a limit.
 * @param limitBytes `server.maxRequestBodyMb`
 */
export function readBody(request: IncomingMessage, limitBytes: number, onBody: BodyListener): void {
  const declared = Number(request.headers['content-length'] ?? 0);
  let first: Buffer | null = null;
  let chunks: Buffer[] | null = null;
  let length = 0;
  let isOver = false;
  const refuse = (): void => {
    isOver = true;
    chunks = first = null;
    onBody(tooLarge(limitBytes), null);
  };
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    // What comes after a refusal is thrown away, not refused: most clients read the answer only when they have
    // sent everything, and a reset would destroy it. The server's requestTimeout bounds how long that goes on.
    if (isOver) return;
    if (length > limitBytes) {
      refuse();
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
  if (declared > limitBytes) refuse();
}

const EMPTY = Buffer.alloc(0);

function tooLarge(limitBytes: number): GatewayError {
  const megabytes = Math.round((limitBytes / 1024 / 1024) * 100) / 100;
  return new GatewayError('request_too_large', {
    message: `The body is larger than ${megabytes} MB, the limit of this gateway (server.maxRequestBodyMb).`,
  });
}
