import type { IncomingMessage, ServerResponse } from 'node:http';
import { ERROR_CODES, type ErrorCode, toOpenAiErrorBody } from '@sluice/contracts';
import { makeEventId } from '../reporting/event-id.js';
import { requestIdOf } from './request-headers.js';

/** An error outside the walk: no caller, no event, but a request id. */
export interface OwnError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly param?: string | null;
  /** More names and values. */
  readonly headers?: readonly (readonly [string, string])[];
}

export function writeOwnError(request: IncomingMessage, response: ServerResponse, error: OwnError): void {
  const body = toOpenAiErrorBody(error.code, error.message, error.param ?? null);
  if (!response.hasHeader('x-request-id')) {
    response.setHeader('x-request-id', requestIdOf(request.headers, makeEventId(Date.now())));
  }
  for (const [name, value] of error.headers ?? []) response.setHeader(name, value);
  response.setHeader('content-type', 'application/json');
  response.setHeader('content-length', Buffer.byteLength(body));
  response.writeHead(ERROR_CODES[error.code].status);
  response.end(body);
}
