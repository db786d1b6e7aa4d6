import type { RequestCompleted } from '@sluice/contracts';
import {
  LATENCY_BUCKETS_MS,
  MetricMinuteWriter,
  type NewMetricMinuteRow,
  type NewRequestLogRow,
  RequestLogWriter,
  type SluiceDatabase,
} from '@sluice/storage';

/** Stores requests in `request_log` and `metric_minute`, as logger and metrics-aggregator would. */
export async function storeRequests(db: SluiceDatabase, events: readonly RequestCompleted[]): Promise<void> {
  await new RequestLogWriter({ db, retentionDays: 30 }).appendBatch({
    consumer: 'logger-requests',
    stream: 'SLUICE_REQUESTS',
    rows: events.map(toRow),
    dead: [],
  });
  // One by one: a batch of the writer may name each minute once, and tests have few requests.
  for (const event of events) {
    await new MetricMinuteWriter(db).apply({
      consumer: 'aggregator',
      stream: 'SLUICE_REQUESTS',
      events: [event],
      dead: [],
      rollUp: (counted) => counted.map(toMinute),
    });
  }
}

function toRow(event: RequestCompleted): NewRequestLogRow {
  return {
    event_id: event.eventId,
    request_id: event.requestId,
    spool_id: event.spoolId,
    spool_seq: event.spoolSeq,
    occurred_at: event.occurredAt,
    logged_at: event.occurredAt,
    key_id: event.keyId,
    key_name: event.keyName,
    team_id: event.teamId,
    endpoint: event.endpoint,
    requested_model: event.requestedModel,
    provider: event.provider,
    provider_model: event.providerModel,
    stream: event.stream,
    outcome: event.outcome,
    status: event.status,
    error_code: event.errorCode,
    error_message: event.errorMessage,
    attempts: event.attempts,
    input_tokens: event.tokens.input,
    output_tokens: event.tokens.output,
    cached_input_tokens: event.tokens.cachedInput,
    cache_write_tokens: event.tokens.cacheWrite,
    reasoning_tokens: event.tokens.reasoning,
    cost_usd_nanos: event.costUsdNanos,
    price_source: event.priceSource,
    queue_ms: event.timing.queueMs,
    overhead_ms: event.timing.overheadMs,
    first_token_ms: event.timing.firstTokenMs,
    total_ms: event.timing.totalMs,
    cache: event.cache,
    deduplicated: event.deduplicated,
    trace_id: event.traceId,
    instance: event.instance,
    config_version: event.configVersion,
    routing: event.routing ?? null,
  };
}

function toMinute(event: RequestCompleted): NewMetricMinuteRow {
  const { tokens, timing } = event;
  return {
    minute: `${event.occurredAt.slice(0, 16)}:00.000Z`,
    model: event.requestedModel ?? '',
    provider: event.provider ?? '',
    key_id: event.keyId,
    team_id: event.teamId,
    outcome: event.outcome,
    requests: 1n,
    attempts: BigInt(event.attempts.length),
    input_tokens: BigInt(tokens.input),
    output_tokens: BigInt(tokens.output),
    cached_input_tokens: BigInt(tokens.cachedInput),
    cache_write_tokens: BigInt(tokens.cacheWrite),
    reasoning_tokens: BigInt(tokens.reasoning),
    cost_usd_nanos: BigInt(event.costUsdNanos),
    latency_sum_us: BigInt(Math.round(timing.totalMs * 1_000)),
    latency_buckets: toBuckets(timing.totalMs),
    first_token_sum_us: BigInt(Math.round((timing.firstTokenMs ?? 0) * 1_000)),
    first_token_buckets: toBuckets(timing.firstTokenMs),
  };
}

function toBuckets(ms: number | null): number[] {
  const bounds = [...LATENCY_BUCKETS_MS, Number.POSITIVE_INFINITY];
  const found = ms === null ? -1 : bounds.findIndex((bound) => ms <= bound);
  return bounds.map((_, index) => (index === found ? 1 : 0));
}
