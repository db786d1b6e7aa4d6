import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import { GatewayError } from '@sluice/contracts';
import { REQUEST_LOG } from '../edge-proxy.tokens.js';
import type { RequestLog } from '../reporting/reporter.js';
import { type OwnError, writeOwnError } from './own-error.js';
import { unknownRoute } from './unknown-route.js';

/** Fastify's reply, as far as errors need it. */
export interface RawReply {
  readonly raw: ServerResponse;
  hijack(): void;
}
/** Fastify's request, as far as errors need it. */
export interface RawRequest {
  readonly raw: IncomingMessage;
}

/** Whatever Nest throws comes out in the client's dialect, with a code from the table. */
@Catch()
export class GatewayErrorFilter implements ExceptionFilter {
  readonly #log: RequestLog;

  constructor(@Inject(REQUEST_LOG) log: RequestLog) {
    this.#log = log;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    const context = host.switchToHttp();
    const reply = context.getResponse<RawReply>();
    const request = context.getRequest<RawRequest>().raw;
    reply.hijack();
    writeOwnError(request, reply.raw, this.#toOwnError(error, request));
  }

  #toOwnError(error: unknown, request: IncomingMessage): OwnError {
    if (error instanceof GatewayError) return fromGatewayError(error);
    if (error instanceof HttpException && error.getStatus() < 500) {
      return error.getStatus() === 404
        ? unknownRoute(request)
        : { code: 'invalid_request', message: 'The request cannot be understood.' };
    }
    this.#log.error({ err: error }, 'a handler failed');
    return fromGatewayError(new GatewayError('internal_error'));
  }
}

const fromGatewayError = ({ code, message, param }: GatewayError): OwnError => ({
  code,
  message,
  param,
  headers: code === 'invalid_api_key' ? [['www-authenticate', 'Bearer']] : [],
});
