import { Kysely, PostgresDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import type { StorageLog } from './database.js';
import { MIGRATIONS } from './migrations/index.js';

// Any number that nothing else locks: "sluice" in ASCII.
const MIGRATION_LOCK = 0x736c75696365;
const CONNECT_TIMEOUT_MS = 5_000;
/** Longest wait for another process that is migrating, and longest single statement. */
const LOCK_TIMEOUT_MS = 600_000;

/**
 * Brings the schema up to date: all or nothing. Several processes may call it at once; one works, the others wait for it.
 * Throws when the server cannot be reached, a migration fails or the database is newer than this program.
 */
export async function migrateToLatest(url: string, log: StorageLog): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'sluice-migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    statement_timeout: LOCK_TIMEOUT_MS,
  });
  client.on('error', (error) => log.warn({ err: error }, 'the migration lost its database connection'));
  await client.connect();
  try {
    // Kysely's own lock is taken after it has made its tables, which two processes cannot do at once.
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await runMigrations(url, log);
  } finally {
    // The end of the session gives the lock back.
    await client.end();
  }
}

async function runMigrations(url: string, log: StorageLog): Promise<void> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    application_name: 'sluice-migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: LOCK_TIMEOUT_MS,
  });
  pool.on('error', (error) => log.warn({ err: error }, 'the migration lost its database connection'));
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    const provider = { getMigrations: () => Promise.resolve({ ...MIGRATIONS }) };
    const { error, results } = await new Migrator({ db, provider }).migrateToLatest();
    for (const result of results ?? []) {
      if (result.status === 'Success') log.info({ migration: result.migrationName }, 'migrated');
    }
    if (error !== undefined) {
      const failed = results?.find((result) => result.status === 'Error')?.migrationName;
      throw new Error(`migration ${failed ?? '(none)'} failed: nothing was changed`, { cause: error });
    }
  } finally {
    await db.destroy();
  }
}
