import {
  type RequestAttempt,
  type RequestDetail,
  type RequestSummary,
  requestDetailSchema,
  type TokenCounts,
} from '@sluice/contracts';
import type { ListedRequest, RequestLogTable } from '@sluice/storage';

const {
  outcome: outcomeSchema,
  cache: cacheSchema,
  priceSource: priceSourceSchema,
} = requestDetailSchema.shape;

/** A row as a line of the list. */
export function toRequestSummary(row: ListedRequest): RequestSummary {
  return {
    ...toSharedFields(row),
    attemptCount: row.attempts.length,
    firstTokenMs: row.first_token_ms,
    totalMs: row.total_ms,
  };
}

/** What list and detail show alike. */
function toSharedFields(
  row: ListedRequest,
): Omit<RequestSummary, 'attemptCount' | 'firstTokenMs' | 'totalMs'> {
  return {
    eventId: row.event_id,
    requestId: row.request_id,
    occurredAt: row.occurred_at.toISOString(),
    keyId: row.key_id,
    keyName: row.key_name,
    teamId: row.team_id,
    endpoint: row.endpoint,
    requestedModel: row.requested_model,
    provider: row.provider,
    providerModel: row.provider_model,
    stream: row.stream,
    outcome: outcomeSchema.parse(row.outcome),
    status: row.status,
    errorCode: row.error_code,
    tokens: toTokens(row),
    costUsdNanos: row.cost_usd_nanos,
    cache: cacheSchema.parse(row.cache),
  };
}

/** A row as the event that it was. */
export function toRequestDetail(row: RequestLogTable): RequestDetail {
  return {
    ...toSharedFields(row),
    spoolId: row.spool_id,
    spoolSeq: row.spool_seq,
    errorMessage: row.error_message,
    attempts: row.attempts,
    routing: row.routing,
    priceSource: priceSourceSchema.parse(row.price_source),
    timing: {
      queueMs: row.queue_ms,
      overheadMs: row.overhead_ms,
      firstTokenMs: row.first_token_ms,
      totalMs: row.total_ms,
    },
    deduplicated: row.deduplicated,
    traceId: row.trace_id,
    instance: row.instance,
    configVersion: row.config_version,
    loggedAt: row.logged_at.toISOString(),
  };
}

/** Audio and image tokens have no column of their own; as all totals, they are sums over attempts. */
function toTokens(row: ListedRequest): TokenCounts {
  return {
    input: row.input_tokens,
    output: row.output_tokens,
    cachedInput: row.cached_input_tokens,
    cacheWrite: row.cache_write_tokens,
    reasoning: row.reasoning_tokens,
    audio: sumOf(row.attempts, 'audio'),
    image: sumOf(row.attempts, 'image'),
  };
}

const sumOf = (attempts: readonly RequestAttempt[], kind: 'audio' | 'image'): number =>
  attempts.reduce((sum, attempt) => sum + attempt.tokens[kind], 0);
