import { type Kysely, sql } from 'kysely';

/**
 * Roll-ups of requests by minute. The key begins with the minute, since every reader asks for a span of time; rows are
 * updated many times while their minute is young, so pages keep room for that.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a migration outlives the types of today
export async function up(db: Kysely<any>): Promise<void> {
  await sql`create table metric_minute (
    minute timestamptz not null,
    model text not null,
    provider text not null,
    key_id text not null,
    team_id text not null,
    outcome text not null,
    requests bigint not null,
    attempts bigint not null,
    input_tokens bigint not null,
    output_tokens bigint not null,
    cached_input_tokens bigint not null,
    cache_write_tokens bigint not null,
    reasoning_tokens bigint not null,
    cost_usd_nanos bigint not null,
    latency_sum_us bigint not null,
    latency_buckets integer[] not null,
    first_token_sum_us bigint not null,
    first_token_buckets integer[] not null,
    primary key (minute, team_id, key_id, model, provider, outcome)
  ) with (fillfactor = 70)`.execute(db);
}
