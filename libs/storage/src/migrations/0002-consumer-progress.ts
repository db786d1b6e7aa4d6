import { type Kysely, sql } from 'kysely';

/** What each consumer has taken of each spool, as ranges of numbers. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a migration outlives the types of today
export async function up(db: Kysely<any>): Promise<void> {
  await sql`create table consumer_progress (
    consumer text not null,
    spool_id uuid not null,
    stream text not null,
    applied int8multirange not null default '{}',
    dead int8multirange not null default '{}',
    updated_at timestamptz not null,
    primary key (consumer, stream, spool_id)
  )`.execute(db);
}
