import type { IncomingMessage, ServerResponse } from 'node:http';
import { ERROR_CODES, type ErrorCode } from '@sluice/contracts';
import { ERROR_DIALECTS } from '../relay/error-dialects.js';
import { makeEventId } from '../reporting/event-id.js';
import { dialectOf, requestIdOf } from './request-headers.js';

/** An error outside the walk: no caller, no event, but a request id. */
export interface OwnError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly param?: string | null;
  /** More names and values. */
  readonly headers?: readonly (readonly [string, string])[];
}

/** In the dialect that the request's path or headers speak. */
export function writeOwnError(request: IncomingMessage, response: ServerResponse, error: OwnError): void {
  const known = response.getHeader('x-request-id');
  const requestId = typeof known === 'string' ? known : requestIdOf(request.headers, makeEventId(Date.now()));
  const dialect = dialectOf(request);
  const { code, message, param = null } = error;
  const body = ERROR_DIALECTS[dialect].toBody({ code, message, param }, requestId);
  response.setHeader('x-request-id', requestId);
  if (dialect === 'messages') response.setHeader('request-id', requestId);
  for (const [name, value] of error.headers ?? []) response.setHeader(name, value);
  response.setHeader('content-type', 'application/json');
  response.setHeader('content-length', Buffer.byteLength(body));
  response.writeHead(ERROR_CODES[error.code].status);
  response.end(body);
}
