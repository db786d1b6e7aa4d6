import { type Kysely, sql } from 'kysely';

/**
 * How the routes of a request were chosen; null for older rows. No default, so no row is rewritten: it takes a
 * moment's lock on the table and its partitions.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a migration outlives the types of today
export async function up(db: Kysely<any>): Promise<void> {
  await sql`alter table request_log add column routing jsonb`.execute(db);
}
