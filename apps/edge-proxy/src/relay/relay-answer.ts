import type { GatewayError } from '@sluice/contracts';
import type { Exchange } from '../chat/exchange.js';
import { ERROR_DIALECTS } from './error-dialects.js';
import { answerHeaders } from './response-headers.js';

const JSON_TYPE = 'application/json';

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

/** Writes an error of our own, in the client's dialect. */
export function relayError(exchange: Exchange, error: GatewayError): void {
  const { response } = exchange;
  const body = Buffer.from(ERROR_DIALECTS[exchange.dialect].toBody(error, exchange.requestId));
  const headers = answerHeaders(exchange, JSON_TYPE);
  headers.push('content-length', String(body.length));
  if (error.status === 429 || error.status === 503)
    headers.push('retry-after', String(error.retryAfterSeconds ?? 1));
  if (error.code === 'invalid_api_key') headers.push('www-authenticate', 'Bearer');
  response.writeHead(error.status, headers);
  response.end(body);
}

/** Ends an exchange whatever has been written of its answer; a begun stream gets an error event. */
export function endWithError(exchange: Exchange, error: GatewayError): void {
  const { response, dialect, requestId } = exchange;
  if (!response.headersSent) relayError(exchange, error);
  else if (!response.writableEnded) response.end(ERROR_DIALECTS[dialect].toEvent(error, requestId));
}
