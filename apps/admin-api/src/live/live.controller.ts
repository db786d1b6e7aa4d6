import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { RequireRole } from '../http/access.decorators.js';
import { type ApiReply, type ApiRequest, callerOf } from '../http/api-request.js';
import { ProblemError } from '../http/problem.js';
import { Route } from '../http/route.decorator.js';
import { LiveFeed, MOST_LIVE_CLIENTS } from './live-feed.js';

const RETRY_AFTER_S = 10;
/** How long a browser waits before it comes back after a broken stream. */
const RECONNECT_MS = 2_000;

/** `/api/live`: server-sent events. */
@Controller('api/live')
export class LiveController {
  constructor(@Inject(LiveFeed) private readonly feed: LiveFeed) {}

  @Get()
  @RequireRole('viewer')
  @Route({
    summary:
      'Live numbers as server-sent events: about one message a second; the events away (no numbers come) and ended.',
    answer: { contentTypes: ['text/event-stream'] },
    problems: [401, 403, 503],
  })
  watch(@Req() request: ApiRequest, @Res() reply: ApiReply): void {
    const { scope, tokenHash } = callerOf(request);
    if (scope.kind !== 'all') {
      throw new ProblemError(
        'not-allowed',
        'Live numbers are of all teams together; this needs the role admin.',
      );
    }
    if (!this.feed.hasRoom) {
      throw new ProblemError('too-busy', `At most ${MOST_LIVE_CLIENTS} look at a time; close a page.`, {
        retryAfterS: RETRY_AFTER_S,
      });
    }
    reply.hijack();
    reply.raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'x-accel-buffering': 'no',
    });
    if (request.raw.method === 'HEAD') {
      reply.raw.end();
      return;
    }
    reply.raw.write(`retry: ${RECONNECT_MS}\n\n`);
    this.feed.join(reply.raw, tokenHash);
  }
}
