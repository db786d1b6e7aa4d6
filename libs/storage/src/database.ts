import { CompiledQuery, type DatabaseConnection, Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { SluiceSchema } from './sluice-schema.js';
import { withDeadClientsDropped } from './dead-clients.js';

/** The part of a pino logger that this lib uses. */
export interface StorageLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** What {@link openDatabase} needs. */
export interface OpenDatabaseOptions {
  /** `postgres://user:password@host:port/database`. */
  readonly url: string;
  /** Most connections at a time; further queries wait for one, at most the connect timeout. */
  readonly poolSize: number;
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  readonly log: StorageLog;
  /** Deadline of one statement on the server. Default 30 s. */
  readonly statementTimeoutMs?: number;
  /**
   * For a pool that reads page after page in the order of an index. Without statistics, as on a partition that was filled
   * an hour ago, Postgres takes a filter for rare, reads every row that matches and sorts them, for each page anew: seconds
   * instead of milliseconds. Barred from that it walks an index and sorts, at most, the rows of one moment.
   */
  readonly neverSortsAll?: boolean;
}

/** A pool of connections with the types of our tables. Close it with `destroy()`. */
export type SluiceDatabase = Kysely<SluiceSchema>;

const CONNECT_TIMEOUT_MS = 5_000;
const STATEMENT_TIMEOUT_MS = 30_000;
/** The server ends a statement first; this deadline is for a server that is frozen or cut off. */
const CLIENT_SLACK_MS = 5_000;
const IDLE_CLIENT_MS = 60_000;
const KEEP_ALIVE_AFTER_MS = 10_000;
/** A process that freezes inside a transaction must not hold its locks for ever. */
const IDLE_IN_TRANSACTION_MS = 60_000;

/**
 * Opens a pool. Connects on the first query, so it succeeds while the server is away; each query then fails by itself
 * within the connect timeout, and works again when the server is back. The loss of an idle connection is a log line.
 */
export function openDatabase(options: OpenDatabaseOptions): SluiceDatabase {
  const statementTimeoutMs = options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS;
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolSize,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: IDLE_CLIENT_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + CLIENT_SLACK_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    types: { getTypeParser },
  });
  pool.on('error', (error) => {
    options.log.warn({ err: error }, 'an idle database connection was lost; the next query opens another');
  });
  const dialect = new PostgresDialect({
    pool: withDeadClientsDropped(pool),
    ...(options.neverSortsAll === true ? { onCreateConnection: neverSortAll } : {}),
  });
  return new Kysely<SluiceSchema>({ dialect });
}

async function neverSortAll(connection: DatabaseConnection): Promise<void> {
  await connection.executeQuery(CompiledQuery.raw('set enable_sort = off'));
}

/**
 * `int8` becomes a number, and an error when a number cannot hold it: tokens and nano-USD of one row always fit, and a
 * silently rounded amount would be worse than a failed read. Sums are `numeric`, which stays text.
 */
const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (id, format) => {
  if (id === pg.types.builtins.INT8 && format !== 'binary') return toSafeInteger;
  const parser: unknown = pg.types.getTypeParser(id, format);
  return parser;
};

function toSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`the bigint ${text} does not fit a number`);
  return value;
}
