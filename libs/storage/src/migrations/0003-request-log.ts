import { type Kysely, sql } from 'kysely';

/** One row per request. The partitions are made by the logger, each day its own. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a migration outlives the types of today
export async function up(db: Kysely<any>): Promise<void> {
  await sql`create table request_log (
    event_id uuid not null,
    request_id text not null,
    spool_id uuid not null,
    spool_seq bigint not null,
    occurred_at timestamptz not null,
    logged_at timestamptz not null,
    key_id text not null,
    key_name text not null,
    team_id text not null,
    endpoint text not null,
    requested_model text,
    provider text,
    provider_model text,
    stream boolean not null,
    outcome text not null,
    status integer,
    error_code text,
    error_message text,
    attempts jsonb not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cached_input_tokens bigint not null,
    cache_write_tokens bigint not null,
    reasoning_tokens bigint not null,
    cost_usd_nanos bigint not null,
    price_source text not null,
    queue_ms double precision not null,
    overhead_ms double precision not null,
    first_token_ms double precision,
    total_ms double precision not null,
    cache text not null,
    deduplicated boolean not null,
    trace_id text,
    instance text not null,
    config_version text not null,
    primary key (event_id, occurred_at)
  ) partition by range (occurred_at)`.execute(db);
  await addListIndexes(db);
}

/**
 * Lists page by (occurred_at, event_id), newest first, with at most one filter worth an index. The filter indexes leave
 * event_id out: rows of one millisecond are few and sorted on the fly, and each index costs the writer.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- as above
async function addListIndexes(db: Kysely<any>): Promise<void> {
  await sql`create index request_log_by_time on request_log (occurred_at, event_id)`.execute(db);
  await sql`create index request_log_by_request_id on request_log (request_id)`.execute(db);
  await sql`create index request_log_by_model on request_log (requested_model, occurred_at)`.execute(db);
  await sql`create index request_log_by_provider on request_log (provider, occurred_at)`.execute(db);
  await sql`create index request_log_by_key on request_log (key_id, occurred_at)`.execute(db);
  await sql`create index request_log_by_team on request_log (team_id, occurred_at)`.execute(db);
  await sql`create index request_log_by_outcome on request_log (outcome, occurred_at)`.execute(db);
}
