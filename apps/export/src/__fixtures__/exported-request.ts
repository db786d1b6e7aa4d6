import { NO_TOKENS, type RequestAttempt } from '@sluice/contracts';
import type { ExportedRequest } from '@sluice/storage';

/** One attempt that served. */
export const ATTEMPTS: RequestAttempt[] = [
  {
    attemptId: '0199a1b2-0000-7000-8000-000000000001.1',
    provider: 'demo',
    providerModel: 'demo-chat',
    startedMs: 1,
    durationMs: 20,
    status: 200,
    errorCode: null,
    decision: 'served',
    tokens: { ...NO_TOKENS, input: 10, output: 5 },
    costUsdNanos: 1_500,
    usage: 'provider',
  },
];

/** A row as Postgres gives it to an export; change what the test is about. */
export function exportedRequest(changes: Partial<ExportedRequest> = {}): ExportedRequest {
  return {
    event_id: '0199a1b2-0000-7000-8000-000000000001',
    request_id: 'req-1',
    spool_id: 'a3c0f2e8-0000-4000-8000-000000000001',
    spool_seq: 1,
    occurred_at: '2026-11-22T10:00:00.123456Z',
    logged_at: '2026-11-22T10:00:01.000Z',
    key_id: 'config:ci',
    key_name: 'ci',
    team_id: 'default',
    endpoint: 'chat.completions',
    requested_model: 'demo-chat',
    provider: 'demo',
    provider_model: 'demo-chat',
    stream: false,
    outcome: 'succeeded',
    status: 200,
    error_code: null,
    error_message: null,
    attempts: JSON.stringify(ATTEMPTS),
    input_tokens: 10,
    output_tokens: 5,
    cached_input_tokens: 0,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
    cost_usd_nanos: 1_500,
    price_source: 'config',
    queue_ms: 0,
    overhead_ms: 0.5,
    first_token_ms: null,
    total_ms: 21.5,
    cache: 'bypass',
    deduplicated: false,
    trace_id: null,
    instance: 'edge-test-1',
    config_version: '0123456789ab',
    routing: null,
    ...changes,
  };
}
