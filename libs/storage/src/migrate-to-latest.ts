import { Kysely, PostgresDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import pg from 'pg';
import { setTimeout as delay } from 'node:timers/promises';
import type { StorageLog } from './database.js';
import { MIGRATIONS } from './migrations/index.js';
import { sqlState } from './postgres-errors.js';

// Any number that nothing else locks: "sluice" in ASCII.
const MIGRATION_LOCK = 0x736c75696365;
const CONNECT_TIMEOUT_MS = 5_000;
/** Longest wait for another process that is migrating, and longest single statement. */
const PATIENCE_MS = 600_000;
/** Longest wait of a migration for a table: whoever wants the table meanwhile, each insert too, waits behind it. */
const TABLE_LOCK_TIMEOUT_MS = 3_000;
const LOCK_TRIES = 5;
/** Between tries: those who waited come through. */
const LOCK_PAUSE_MS = 2_000;
const LOCK_NOT_AVAILABLE = '55P03';

/** How patient a migration is with others that use a table. Defaults: 5 tries of 3 s, 2 s between them. */
export interface MigrationLockOptions {
  readonly tableLockTimeoutMs?: number;
  readonly lockTries?: number;
  readonly lockPauseMs?: number;
}

/**
 * Brings the schema up to date: all or nothing. Several processes may call it at once; one works, the others wait for it.
 * A table that somebody holds, such as a long export or pg_dump, is not waited for in one piece: inserts would wait too.
 * Throws when the server cannot be reached, a migration fails, a table stays held or the database is newer than this program.
 */
export async function migrateToLatest(
  url: string,
  log: StorageLog,
  options: MigrationLockOptions = {},
): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'sluice-migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    lock_timeout: PATIENCE_MS,
    statement_timeout: PATIENCE_MS,
  });
  client.on('error', (error) => log.warn({ err: error }, 'the migration lost its database connection'));
  await client.connect();
  try {
    // Kysely's own lock is taken after it has made its tables, which two processes cannot do at once.
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await runWithLockRetries(url, log, options);
  } finally {
    // The end of the session gives the lock back.
    await client.end();
  }
}

async function runWithLockRetries(
  url: string,
  log: StorageLog,
  options: MigrationLockOptions,
): Promise<void> {
  const tries = options.lockTries ?? LOCK_TRIES;
  const tableLockTimeoutMs = options.tableLockTimeoutMs ?? TABLE_LOCK_TIMEOUT_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await runMigrations(url, log, tableLockTimeoutMs);
      return;
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      if (sqlState(cause) !== LOCK_NOT_AVAILABLE) throw error;
      if (attempt >= tries) throw heldTableError(error, cause, tries);
      log.warn(
        { attempt, tries, tableLockTimeoutMs },
        'a migration needs a table that another session holds (a long query, an export, pg_dump); it is tried again',
      );
      await delay(options.lockPauseMs ?? LOCK_PAUSE_MS);
    }
  }
}

function heldTableError(error: unknown, cause: unknown, tries: number): Error {
  const what = error instanceof Error ? error.message : 'a migration failed';
  return new Error(
    `${what}: another session held its table at ${tries} tries (a long query, an export or pg_dump; pg_stat_activity ` +
      `shows it). Let it end or end it, then start again`,
    { cause },
  );
}

async function runMigrations(url: string, log: StorageLog, tableLockTimeoutMs: number): Promise<void> {
  const pool = new pg.Pool({
    connectionString: url,
    max: 1,
    application_name: 'sluice-migrate',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    lock_timeout: tableLockTimeoutMs,
    statement_timeout: PATIENCE_MS,
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
