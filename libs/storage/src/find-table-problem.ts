import { sql } from 'kysely';
import type { SluiceDatabase } from './database.js';
import { TABLES } from './sluice-schema.js';

/** Says which of our tables the database does not have; undefined when it is migrated. Throws while it cannot be reached. */
export async function findTableProblem(db: SluiceDatabase): Promise<string | undefined> {
  const names = Object.keys(TABLES);
  const { rows } = await sql<{ name: string }>`
    select name from unnest(${names}::text[]) as wanted(name) where to_regclass(name) is null`.execute(db);
  if (rows.length === 0) return undefined;
  return `it has no ${rows.map((row) => row.name).join(', ')}: run the migrations`;
}
