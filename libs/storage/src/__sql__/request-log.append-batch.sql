with new_row as (
  select * from json_to_recordset($1::json) as r(
    event_id uuid, request_id text, spool_id uuid, spool_seq bigint, occurred_at timestamptz, logged_at timestamptz,
    key_id text, key_name text, team_id text, endpoint text, requested_model text, provider text,
    provider_model text, stream boolean, outcome text, status integer, error_code text, error_message text,
    attempts jsonb, input_tokens bigint, output_tokens bigint, cached_input_tokens bigint,
    cache_write_tokens bigint, reasoning_tokens bigint, cost_usd_nanos bigint, price_source text,
    queue_ms double precision, overhead_ms double precision, first_token_ms double precision,
    total_ms double precision, cache text, deduplicated boolean, trace_id text, instance text, config_version text,
    routing jsonb)
), inserted as (
  insert into request_log (
    event_id, request_id, spool_id, spool_seq, occurred_at, logged_at,
    key_id, key_name, team_id, endpoint, requested_model, provider,
    provider_model, stream, outcome, status, error_code, error_message,
    attempts, input_tokens, output_tokens, cached_input_tokens,
    cache_write_tokens, reasoning_tokens, cost_usd_nanos, price_source,
    queue_ms, overhead_ms, first_token_ms,
    total_ms, cache, deduplicated, trace_id, instance, config_version,
    routing)
  select * from new_row order by event_id, occurred_at
  on conflict (event_id, occurred_at) do nothing
  returning 1
), progress as (
  insert into consumer_progress as old (consumer, spool_id, stream, applied, dead, updated_at)
  select $2, p.spool_id, $3, p.applied, p.dead - p.applied, $4::timestamptz
  from json_to_recordset($5::json) as p(
    spool_id uuid, applied int8multirange, dead int8multirange)
  order by p.spool_id
  on conflict (consumer, stream, spool_id) do update set
    applied = old.applied + excluded.applied,
    dead = (old.dead + excluded.dead) - (old.applied + excluded.applied),
    updated_at = greatest(old.updated_at, excluded.updated_at)
)
select count(*) as inserted from inserted
