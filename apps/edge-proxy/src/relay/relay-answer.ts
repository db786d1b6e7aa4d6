import type { GatewayError } from '@sluice/contracts';
import type { Exchange } from '../chat/exchange.js';
import { ERROR_DIALECTS } from './error-dialects.js';
import { answerHeaders } from './response-headers.js';

const JSON_TYPE = 'application/json';

/** What goes to the client when a provider's error is its own fault, or our mapping's. */
export interface PassedAnswer {
  readonly status: number;
  /** In the client's dialect: the provider's own bytes, or its words translated. */
  readonly body: Buffer;
  /** Whether these are the provider's own bytes. */
  readonly isRelayed: boolean;
  /** Its words as the event that ends a stream which had to begin earlier. */
  readonly event: string;
}

/** Up to here a body goes out as latin1 text (one character a byte): node:http joins head and text to one write. */
const MAX_TEXT_BYTES = 32 * 1024;

/** Writes a whole answer. */
export function relayAnswer(exchange: Exchange, status: number, body: Buffer): void {
  const { response } = exchange;
  const headers = answerHeaders(exchange, JSON_TYPE);
  headers.push('content-length', String(body.length));
  response.writeHead(status, headers);
  if (body.length <= MAX_TEXT_BYTES) response.end(body.toString('latin1'), 'latin1');
  else response.end(body);
}

/** Answers `count_tokens` with a number of our own, and says so. */
export function relayEstimate(exchange: Exchange, inputTokens: number): void {
  const body = JSON.stringify({ input_tokens: inputTokens });
  const headers = answerHeaders(exchange, JSON_TYPE);
  headers.push('x-sluice-estimated', 'true', 'content-length', String(body.length));
  exchange.response.writeHead(200, headers);
  exchange.response.end(body);
}

/**
 * Passes a provider's own error on: as an answer, or as the event that ends a stream which a keep-alive has begun.
 * @returns the status that the client saw
 */
export function relayPassed(exchange: Exchange, passed: PassedAnswer): number {
  const { response, clientStream } = exchange;
  if (!response.headersSent) {
    relayAnswer(exchange, passed.status, passed.body);
    return passed.status;
  }
  clientStream?.fail(passed.event);
  return response.statusCode;
}

/**
 * Ends an exchange with an error of our own in the client's dialect, whatever has been written of its answer: a begun
 * stream gets it as an event. Does nothing to an answer that has ended.
 * @returns the status that the client saw
 */
export function relayError(exchange: Exchange, error: GatewayError): number {
  const { response, dialect, requestId, clientStream } = exchange;
  if (response.headersSent) {
    clientStream?.fail(ERROR_DIALECTS[dialect].toEvent(error, requestId));
    return response.statusCode;
  }
  const body = Buffer.from(ERROR_DIALECTS[dialect].toBody(error, requestId));
  const headers = answerHeaders(exchange, JSON_TYPE);
  headers.push('content-length', String(body.length));
  if (error.status === 429 || error.status === 503)
    headers.push('retry-after', String(error.retryAfterSeconds ?? 1));
  if (error.code === 'invalid_api_key') headers.push('www-authenticate', 'Bearer');
  response.writeHead(error.status, headers);
  response.end(body);
  return error.status;
}
