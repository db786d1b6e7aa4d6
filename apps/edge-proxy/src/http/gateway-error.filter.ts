import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import { GatewayError } from '@sluice/contracts';
import { REQUEST_LOG } from '../edge-proxy.tokens.js';
import { type RequestLog } from '../reporting/reporter.js';
import { writeOwnError } from './own-error.js';

/** Fastify's reply and request, as far as this filter needs them. */
interface RawReply {
  readonly raw: ServerResponse;
  hijack(): void;
}
interface RawRequest {
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
    const known = this.#toGatewayError(error, request);
    reply.hijack();
    writeOwnError(request, reply.raw, {
      code: known.code,
      message: known.message,
      headers: known.code === 'invalid_api_key' ? [['www-authenticate', 'Bearer']] : [],
    });
  }

  #toGatewayError(error: unknown, request: IncomingMessage): GatewayError {
    if (error instanceof GatewayError) return error;
    if (error instanceof HttpException && error.getStatus() < 500) {
      const status = error.getStatus();
      if (status === 404) return unknownRoute(request);
      if (status === 415) return new GatewayError('unsupported_media_type');
      if (status === 413) return new GatewayError('request_too_large');
      return new GatewayError('invalid_request', { message: 'The request cannot be understood.' });
    }
    this.#log.error({ err: error }, 'a handler failed');
    return new GatewayError('internal_error');
  }
}

const KNOWN = 'POST /v1/chat/completions, POST /v1/embeddings, GET /v1/models';

function unknownRoute(request: IncomingMessage): GatewayError {
  const path = (request.url ?? '').split('?')[0]?.slice(0, 128) ?? '';
  return new GatewayError('unknown_route', {
    message: `There is no ${request.method ?? ''} ${JSON.stringify(path)} here. This gateway serves ${KNOWN}.`,
  });
}
