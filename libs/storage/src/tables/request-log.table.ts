import type { RequestAttempt, RoutingRecord } from '@sluice/contracts';
import type { Columns, RowOf } from './column-types.js';

/** One row per request, in the order of the event; what came later is at the end. Daily partitions by `occurred_at`, primary key `(event_id, occurred_at)`. */
export const REQUEST_LOG_COLUMNS = {
  event_id: 'uuid',
  request_id: 'text',
  spool_id: 'uuid',
  spool_seq: 'bigint',
  occurred_at: 'timestamp with time zone',
  logged_at: 'timestamp with time zone',
  key_id: 'text',
  key_name: 'text',
  team_id: 'text',
  endpoint: 'text',
  requested_model: 'text null',
  provider: 'text null',
  provider_model: 'text null',
  stream: 'boolean',
  outcome: 'text',
  status: 'integer null',
  error_code: 'text null',
  error_message: 'text null',
  attempts: 'jsonb',
  input_tokens: 'bigint',
  output_tokens: 'bigint',
  cached_input_tokens: 'bigint',
  cache_write_tokens: 'bigint',
  reasoning_tokens: 'bigint',
  cost_usd_nanos: 'bigint',
  price_source: 'text',
  queue_ms: 'double precision',
  overhead_ms: 'double precision',
  first_token_ms: 'double precision null',
  total_ms: 'double precision',
  cache: 'text',
  deduplicated: 'boolean',
  trace_id: 'text null',
  instance: 'text',
  config_version: 'text',
  routing: 'jsonb null',
} as const satisfies Columns;

type DeclaredRow = RowOf<typeof REQUEST_LOG_COLUMNS>;

/** A row as it is read. */
export interface RequestLogTable extends Omit<DeclaredRow, 'attempts' | 'routing'> {
  attempts: RequestAttempt[];
  /** Null when no routes were chosen, or by an edge that did not say. */
  routing: RoutingRecord | null;
}

/** A row as it is written: times as ISO 8601 text in UTC. */
export interface NewRequestLogRow extends Omit<RequestLogTable, 'occurred_at' | 'logged_at' | 'attempts'> {
  readonly occurred_at: string;
  readonly logged_at: string;
  readonly attempts: readonly RequestAttempt[];
}
