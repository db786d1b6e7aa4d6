import { Controller, Get, Inject, Param, Req } from '@nestjs/common';
import {
  REQUEST_PAGE_DEFAULT,
  type RequestDetail,
  requestDetailSchema,
  type RequestListQuery,
  requestListQuerySchema,
  type RequestPage,
  requestPageSchema,
} from '@sluice/contracts';
import { type RequestLogFilter, RequestLogListRepository, type RequestLogPosition } from '@sluice/storage';
import { RequireRole } from '../http/access.decorators.js';
import { type ApiRequest, callerOf } from '../http/api-request.js';
import { DatabaseGate } from '../http/database-gate.js';
import { ProblemError } from '../http/problem.js';
import { checkSpan, invalid, readQuery } from '../http/read-input.js';
import { Route } from '../http/route.decorator.js';
import { fromCursor, toCursor } from './request-cursor.js';
import { toRequestDetail, toRequestSummary } from './to-request.js';

const eventIdSchema = requestDetailSchema.shape.eventId;

/** `/api/requests`: the request log of the teams that the caller sees. */
@Controller('api/requests')
export class RequestsController {
  constructor(
    @Inject(RequestLogListRepository) private readonly requests: RequestLogListRepository,
    @Inject(DatabaseGate) private readonly database: DatabaseGate,
  ) {}

  @Get()
  @RequireRole('viewer')
  @Route({
    summary: 'Requests, newest first, page by page.',
    query: requestListQuerySchema,
    answer: { name: 'RequestPage', schema: requestPageSchema },
    problems: [400, 401, 503],
  })
  async list(@Req() request: ApiRequest): Promise<RequestPage> {
    const query = readQuery(requestListQuerySchema, request.raw);
    const { scope } = callerOf(request);
    const { rows, next } = await this.database.ask(() =>
      this.requests.list({
        filter: toFilter(query),
        scope,
        limit: query.limit ?? REQUEST_PAGE_DEFAULT,
        before: toPosition(query.cursor),
      }),
    );
    return { items: rows.map(toRequestSummary), nextCursor: next === undefined ? null : toCursor(next) };
  }

  @Get(':eventId')
  @RequireRole('viewer')
  @Route({
    summary: 'One request with its attempts.',
    answer: { name: 'RequestDetail', schema: requestDetailSchema },
    problems: [401, 404, 503],
  })
  async read(@Req() request: ApiRequest, @Param('eventId') eventId: string): Promise<RequestDetail> {
    const { scope } = callerOf(request);
    // What is no event id names nothing, as an id that does not exist, or another team's.
    if (!eventIdSchema.safeParse(eventId).success) throw noSuchRequest();
    const row = await this.database.ask(() => this.requests.findByEventId(eventId, scope));
    if (row === undefined) throw noSuchRequest();
    return toRequestDetail(row);
  }
}

const noSuchRequest = (): ProblemError =>
  new ProblemError('not-found', 'No request with this event id; it may be older than what is kept.');

function toFilter(query: RequestListQuery): RequestLogFilter {
  const { from, to } = checkSpan(query);
  return {
    from,
    to,
    requestedModel: query.model,
    provider: query.provider,
    keyId: query.key,
    teamId: query.team,
    outcome: query.outcome,
    requestId: query.requestId,
  };
}

function toPosition(cursor: string | undefined): RequestLogPosition | undefined {
  if (cursor === undefined) return undefined;
  const position = fromCursor(cursor);
  if (position === undefined) {
    throw invalid([
      { parameter: 'cursor', detail: 'does not fit', allowed: 'the nextCursor of a page before' },
    ]);
  }
  return position;
}
