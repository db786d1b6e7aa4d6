import { sql } from 'kysely';
import type { SluiceDatabase } from './database.js';
import { TABLES } from './sluice-schema.js';

/** Names of our tables that the database does not have: empty when it is migrated. Throws while it cannot be reached. */
export async function findMissingTables(db: SluiceDatabase): Promise<string[]> {
  const names = Object.keys(TABLES);
  const { rows } = await sql<{ name: string }>`
    select name from unnest(${names}::text[]) as wanted(name) where to_regclass(name) is null`.execute(db);
  return rows.map((row) => row.name);
}
