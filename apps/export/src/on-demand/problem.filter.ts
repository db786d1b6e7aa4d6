import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import { type Logger, writeProblem } from '@sluice/service-kit';
import { LOGGER } from '../export.tokens.js';
import { ProblemError } from './problem.js';

/** Fastify's reply, as far as we need it. */
export interface RawReply {
  readonly raw: ServerResponse;
  hijack(): void;
}
/** Fastify's request, as far as we need it. */
export interface RawRequest {
  readonly raw: IncomingMessage;
}

/** Whatever is thrown before the first byte comes out as problem details. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly log: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const context = host.switchToHttp();
    const reply = context.getResponse<RawReply>();
    reply.hijack();
    writeProblem(reply.raw, this.toProblem(error));
  }

  private toProblem(error: unknown): ProblemError {
    if (error instanceof ProblemError) return error;
    if (error instanceof HttpException && error.getStatus() < 500) {
      return error.getStatus() === 404
        ? new ProblemError('unknown-route', 'This service answers GET /export/requests.')
        : new ProblemError('bad-request', 'This service answers GET /export/requests, without a body.');
    }
    this.log.error({ err: error }, 'a handler failed');
    return new ProblemError('internal', 'The log of the export service tells what happened.');
  }
}
