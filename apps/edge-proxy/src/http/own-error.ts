import { type IncomingMessage, type ServerResponse } from 'node:http';
import { ERROR_CODES, type ErrorCode, toOpenAiErrorBody } from '@sluice/contracts';
import { makeEventId } from '../reporting/event-id.js';
import { requestIdOf } from './request-headers.js';

/** An error outside the walk: no caller, no event, but a request id. */
export interface OwnError {
  readonly code: ErrorCode;
  readonly message: string;
  /** Flat list of more names and values. */
  readonly headers?: readonly string[];
}

export function writeOwnError(request: IncomingMessage, response: ServerResponse, error: OwnError): void {
  const body = toOpenAiErrorBody(error.code, error.message, null);
  response.writeHead(ERROR_CODES[error.code].status, [
    'content-type',
    'application/json',
    'x-request-id',
    requestIdOf(request.headers, makeEventId(Date.now())),
    'content-length',
    String(Buffer.byteLength(body)),
    ...(error.headers ?? []),
  ]);
  response.end(body);
}
