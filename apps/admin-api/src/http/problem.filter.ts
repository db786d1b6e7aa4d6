import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Inject } from '@nestjs/common';
import { type Logger, type Problem, writeProblem } from '@sluice/service-kit';
import { LOGGER } from '../admin-api.tokens.js';
import type { ApiReply } from './api-request.js';
import { PassedProblemError, ProblemError } from './problem.js';

/** Whatever is thrown before the first byte comes out as problem details. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly log: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<ApiReply>();
    reply.hijack();
    writeProblem(reply.raw, toProblem(error, this.log));
  }
}

/** Ours as it is, the framework's by its status; anything else is a bug and goes to the log. */
export function toProblem(error: unknown, log: Logger): Problem {
  if (error instanceof ProblemError || error instanceof PassedProblemError) return error;
  switch (statusOf(error)) {
    case 404:
    case 405:
    case 414:
      return nothingHere();
    case 413:
      return new ProblemError('too-large', 'Send less: bodies here are small.');
    case 415:
      return new ProblemError('unsupported-media-type', 'Send JSON, with content-type: application/json.');
    case 400:
      return new ProblemError('bad-request', 'See /api/openapi.json for what is understood.');
    default:
      log.error({ err: error }, 'a handler failed');
      return new ProblemError('internal', 'The log of admin-api tells what happened.');
  }
}

export const nothingHere = (): ProblemError =>
  new ProblemError('not-found', 'No such path with this method; /api/openapi.json lists what there is.');

/** Nest's exceptions and Fastify's errors tell their status in different ways. */
function statusOf(error: unknown): number | undefined {
  if (error instanceof HttpException) return error.getStatus();
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number') {
    return error.statusCode;
  }
  return undefined;
}
