import { randomUUID } from 'node:crypto';
import type { NewRequestLogRow } from '../tables/request-log.table.js';

/** A valid row, received now; change what the test is about. */
export function newRequestLogRow(changes: Partial<NewRequestLogRow> = {}): NewRequestLogRow {
  const eventId = changes.event_id ?? randomUUID();
  const occurredAt = changes.occurred_at ?? new Date().toISOString();
  return {
    event_id: eventId,
    request_id: `req-${eventId}`,
    spool_id: 'a3c0f2e8-0000-4000-8000-000000000001',
    spool_seq: 1,
    occurred_at: occurredAt,
    logged_at: occurredAt,
    key_id: 'config:ci',
    key_name: 'ci',
    team_id: 'default',
    endpoint: 'chat.completions',
    requested_model: 'gpt-4o',
    provider: 'openai',
    provider_model: 'gpt-4o-2024-11-20',
    stream: false,
    outcome: 'succeeded',
    status: 200,
    error_code: null,
    error_message: null,
    attempts: [
      {
        attemptId: `${eventId}.1`,
        provider: 'openai',
        providerModel: 'gpt-4o-2024-11-20',
        startedMs: 1.5,
        durationMs: 812.25,
        status: 200,
        errorCode: null,
        decision: 'served',
        tokens: { input: 12, output: 34, cachedInput: 0, cacheWrite: 0, reasoning: 0, audio: 0, image: 0 },
        costUsdNanos: 370_000,
        usage: 'provider',
      },
    ],
    input_tokens: 12,
    output_tokens: 34,
    cached_input_tokens: 0,
    cache_write_tokens: 0,
    reasoning_tokens: 0,
    cost_usd_nanos: 370_000,
    price_source: 'config',
    queue_ms: 0,
    overhead_ms: 0.75,
    first_token_ms: 320.5,
    total_ms: 814.5,
    cache: 'bypass',
    deduplicated: false,
    trace_id: null,
    instance: 'edge-proxy-host-1',
    config_version: '0123456789ab',
    routing: null,
    ...changes,
  };
}
