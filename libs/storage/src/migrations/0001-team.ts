import { type Kysely, sql } from 'kysely';

/** Tenants. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a migration outlives the types of today
export async function up(db: Kysely<any>): Promise<void> {
  await sql`create table team (
    id text primary key,
    created_at timestamptz not null default now()
  )`.execute(db);
  await sql`insert into team (id) values ('default')`.execute(db);
}
