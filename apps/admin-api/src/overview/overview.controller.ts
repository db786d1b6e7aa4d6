import { Controller, Get, Inject, Req } from '@nestjs/common';
import { type Overview, overviewQuerySchema, overviewSchema } from '@sluice/contracts';
import { MetricMinuteOverviewRepository } from '@sluice/storage';
import { RequireRole } from '../http/access.decorators.js';
import { type ApiRequest, callerOf } from '../http/api-request.js';
import { DatabaseGate } from '../http/database-gate.js';
import { readQuery } from '../http/read-input.js';
import { Route } from '../http/route.decorator.js';
import { OverviewTurns } from './overview-turns.js';
import { planSpan } from './plan-span.js';
import { toOverview } from './to-overview.js';

/** `/api/overview`: what a span of time came to, from the minute roll-ups. */
@Controller('api/overview')
export class OverviewController {
  private readonly turns = new OverviewTurns();

  constructor(
    @Inject(MetricMinuteOverviewRepository) private readonly minutes: MetricMinuteOverviewRepository,
    @Inject(DatabaseGate) private readonly database: DatabaseGate,
  ) {}

  @Get()
  @RequireRole('viewer')
  @Route({
    summary: 'Requests, tokens, cost and latency of a span, by time, model, provider and team.',
    query: overviewQuerySchema,
    answer: { name: 'Overview', schema: overviewSchema },
    problems: [400, 401, 503],
  })
  async read(@Req() request: ApiRequest): Promise<Overview> {
    const query = readQuery(overviewQuerySchema, request.raw);
    const { scope } = callerOf(request);
    const span = planSpan(query, new Date());
    const groups = await this.turns.run(() =>
      this.database.ask(() => this.minutes.read({ span, stepSeconds: span.stepSeconds, scope })),
    );
    return toOverview(span, groups);
  }
}
