// Daily partitions of the tables that grow. Neither making nor dropping one holds up readers or writers: a new table is
// attached under a lock that they share, an old one is detached concurrently, and both give up soon when they must wait.
import { type Kysely, sql } from 'kysely';
import { sqlState } from './postgres-errors.js';
import { addDays, daysBetween, type UtcDay } from './utc-day.js';

/** Tables with daily partitions by `occurred_at`. */
export type PartitionedTable = 'request_log';

const LOCK_TIMEOUT_MS = 1_000;
const MOST_TRIES = 3;
const MOST_DAYS = 1_000;
// Serialises the making of partitions among processes: "part" in ASCII.
const PARTITION_LOCK = 0x70617274;
const LOCK_NOT_AVAILABLE = '55P03';

/** The name of the partition of one day. */
export const partitionName = (table: PartitionedTable, day: UtcDay): string =>
  `${table}_p${day.replaceAll('-', '')}`;

/**
 * Makes the partitions from `fromDay` to `toDay` (both included) that are not there, and returns the days it made. Several
 * processes may call it at once. Throws when a lock cannot be had after some tries, or for more than 1,000 days.
 */
export async function ensureDailyPartitions<DB>(
  db: Kysely<DB>,
  table: PartitionedTable,
  fromDay: UtcDay,
  toDay: UtcDay,
): Promise<UtcDay[]> {
  if (fromDay > toDay) return [];
  if (addDays(fromDay, MOST_DAYS) <= toDay)
    throw new RangeError(`more than ${MOST_DAYS} days: ${fromDay} to ${toDay}`);
  const attached = new Set((await listPartitions(db, table)).map((partition) => partition.name));
  const missing = daysBetween(fromDay, toDay).filter((day) => !attached.has(partitionName(table, day)));
  const made: UtcDay[] = [];
  for (const day of missing) {
    if (await withLockRetries(() => attachDay(db, table, day))) made.push(day);
  }
  return made;
}

/**
 * Drops the partitions of all days before `firstKeptDay` and returns their names. What a killed process has left half
 * detached is finished. Throws when a lock cannot be had; call again later.
 */
export async function dropPartitionsBefore<DB>(
  db: Kysely<DB>,
  table: PartitionedTable,
  firstKeptDay: UtcDay,
): Promise<string[]> {
  const firstKept = partitionName(table, firstKeptDay);
  const dropped: string[] = [];
  for (const { name, detachPending } of await listPartitions(db, table)) {
    // The names of one table have the same length, so they compare as their days do.
    if (name < firstKept || detachPending) await withLockRetries(() => detach(db, table, name));
  }
  for (const name of await listDetached(db, table)) {
    if (name >= firstKept) continue;
    await withLockRetries(() => sql`drop table if exists ${sql.table(name)}`.execute(db));
    dropped.push(name);
  }
  return dropped;
}

interface Partition {
  readonly name: string;
  readonly detachPending: boolean;
}

/** The partitions of a table, oldest first. */
export async function listPartitions<DB>(db: Kysely<DB>, table: PartitionedTable): Promise<Partition[]> {
  const { rows } = await sql<Partition>`
    select child.relname as name, link.inhdetachpending as "detachPending"
    from pg_inherits link
    join pg_class child on child.oid = link.inhrelid
    where link.inhparent = to_regclass(${table})
    order by child.relname`.execute(db);
  return rows;
}

/** Tables that were partitions of this table and are attached no more. */
async function listDetached<DB>(db: Kysely<DB>, table: PartitionedTable): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name
    from pg_class
    where relkind = 'r' and not relispartition and relname ~ ${`^${table}_p[0-9]{8}$`}
      and relnamespace = (select relnamespace from pg_class where oid = to_regclass(${table}))
    order by relname`.execute(db);
  return rows.map((row) => row.name);
}

async function attachDay<DB>(db: Kysely<DB>, table: PartitionedTable, day: UtcDay): Promise<boolean> {
  const name = partitionName(table, day);
  return db.transaction().execute(async (tx) => {
    await sql`select set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)`.execute(tx);
    await sql`select pg_advisory_xact_lock(${sql.lit(PARTITION_LOCK)})`.execute(tx);
    // Somebody else may have made it while this process waited for the lock.
    const attached = await listPartitions(tx, table);
    if (attached.some((partition) => partition.name === name)) return false;
    const from = sql.lit(`${day} 00:00:00+00`);
    const to = sql.lit(`${addDays(day, 1)} 00:00:00+00`);
    await sql`create table if not exists ${sql.table(name)} (like ${sql.table(table)} including all)`.execute(
      tx,
    );
    await sql`alter table ${sql.table(table)} attach partition ${sql.table(name)}
      for values from (${from}) to (${to})`.execute(tx);
    return true;
  });
}

async function detach<DB>(db: Kysely<DB>, table: PartitionedTable, name: string): Promise<void> {
  // Asked at each try: one that gave up on a lock has left the partition half detached.
  const partition = (await listPartitions(db, table)).find((found) => found.name === name);
  if (partition === undefined) return;
  const how = partition.detachPending ? sql`finalize` : sql`concurrently`;
  // DETACH … CONCURRENTLY refuses a transaction, so the lock timeout is set on the session and taken back.
  await db.connection().execute(async (session) => {
    await sql`select set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, false)`.execute(session);
    try {
      await sql`alter table ${sql.table(table)} detach partition ${sql.table(name)} ${how}`.execute(session);
    } finally {
      await sql`reset lock_timeout`.execute(session);
    }
  });
}

/** Runs an action that gives up on locks quickly, a few times. Waiting behind it is what readers would have to do. */
async function withLockRetries<T>(action: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await action();
    } catch (error) {
      if (sqlState(error) !== LOCK_NOT_AVAILABLE || attempt === MOST_TRIES) throw error;
    }
  }
}
