import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'pg';
import { useExternalServer } from './external-server.js';
import { clusterFolder } from './postgres-folder.js';
import { findPostgres, type PostgresBinaries } from './postgres-binary.js';
import { type PrivateServer, PrivateServiceError, type StartServerOptions } from './private-server.js';
import { choosePort, readSmallFile, rememberPassword } from './remembered.js';
import { runCommand } from './run-command.js';
import { runServerProcess, serverPaths } from './server-process.js';
import { postgresUser, type SystemUser } from './system-user.js';

/** Options of a private Postgres server. */
export interface StartPostgresOptions extends StartServerOptions {
  /** false: no fsync, for tests only; the data may be lost with the machine. Default true. */
  readonly durable?: boolean;
}

const USER = 'sluice';
const DATABASE = 'sluice';
const INIT_TIMEOUT_MS = 60_000;
/** Recovery after a kill reads the write-ahead log first. */
const READY_TIMEOUT_MS = 60_000;

/**
 * The Postgres server of `DATABASE_URL`, else a private one on 127.0.0.1: no unix socket, scram with a random
 * password, database `sluice`. Started by root it runs as `postgres`, else `nobody`.
 * @throws PrivateServiceError
 */
export async function startPostgres(options: StartPostgresOptions): Promise<PrivateServer> {
  const external = await useExternalServer('postgres', options.env);
  if (external !== undefined) return external;
  const { home, logFile, recordDir } = serverPaths(options.dataDir, 'postgres');
  const user = postgresUser();
  mkdirSync(home, { recursive: true, mode: user === undefined ? 0o700 : 0o711 });
  const folder = await clusterFolder(home, user);
  const cluster = join(folder, 'cluster');
  const binaries = await findPostgres({ env: options.env, user, dataMajor: dataMajor(cluster) });
  const password = rememberPassword(home);
  if (!existsSync(cluster)) {
    options.onProgress?.(`making a PostgreSQL ${binaries.major} database (once)`);
    await makeCluster(binaries, { folder, cluster, password, user });
  }
  removeStaleLock(cluster);
  const port = await choosePort(home, options.port);
  const url = (database: string): string => `postgresql://${USER}:${password}@127.0.0.1:${port}/${database}`;
  const server = await runServerProcess({
    name: 'postgres',
    url: url('postgres'),
    file: binaries.postgres,
    args: ['-D', cluster, ...settings(port, options.durable ?? true)],
    cwd: cluster,
    user: user === undefined ? undefined : { uid: user.uid, gid: user.gid },
    logFile,
    recordDir,
    stopSignal: 'SIGINT', // "fast": ends sessions, writes everything, stops
    endWithParent: options.endWithParent ?? true,
    readyTimeoutMs: READY_TIMEOUT_MS,
    onSpawn: options.onSpawn,
  });
  await ensureDatabase(server);
  return { ...server, url: url(DATABASE) };
}

function settings(port: number, durable: boolean): string[] {
  const values = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    'max_connections=200',
    'shared_buffers=128MB',
    'password_encryption=scram-sha-256',
    'timezone=UTC',
    'log_timezone=UTC',
    'jit=off',
    ...(durable ? [] : ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off']),
  ];
  return values.flatMap((value) => ['-c', value]);
}

/** initdb into a folder beside, renamed when it is whole: a killed start leaves no half database. */
async function makeCluster(
  binaries: PostgresBinaries,
  place: { folder: string; cluster: string; password: string; user: SystemUser | undefined },
): Promise<void> {
  const fresh = `${place.cluster}.new`;
  const passwordFile = join(place.folder, 'initdb-password');
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { mode: 0o700 });
  writeFileSync(passwordFile, place.password, { mode: 0o600 });
  if (place.user !== undefined) {
    chownSync(fresh, place.user.uid, place.user.gid);
    chownSync(passwordFile, place.user.uid, place.user.gid);
  }
  try {
    const result = await runCommand(
      binaries.initdb,
      [
        ...['-D', fresh, '-U', USER, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`],
        ...['-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions'],
      ],
      {
        env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
        cwd: place.folder,
        timeoutMs: INIT_TIMEOUT_MS,
        user: place.user === undefined ? undefined : { uid: place.user.uid, gid: place.user.gid },
      },
    );
    if (result.code !== 0) {
      throw new PrivateServiceError(`initdb failed in ${fresh}:\n${result.stderr.trim().slice(-2048)}`);
    }
    renameSync(fresh, place.cluster);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  chmodSync(place.cluster, 0o700);
}

async function ensureDatabase(server: PrivateServer): Promise<void> {
  const client = new Client({
    connectionString: server.url,
    connectionTimeoutMillis: 5000,
    query_timeout: 10_000,
  });
  client.on('error', () => undefined); // the server's end is seen by whoever watches its process
  try {
    await client.connect();
    const found = await client.query('select 1 from pg_database where datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`create database ${DATABASE}`);
  } catch (error) {
    await server.stop();
    throw new PrivateServiceError('postgres is up but its database cannot be made', { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}

function dataMajor(cluster: string): number | undefined {
  const major = Number(readSmallFile(join(cluster, 'PG_VERSION')));
  return Number.isInteger(major) && major > 0 ? major : undefined;
}

/**
 * A killed server leaves `postmaster.pid`; when its pid means another program by now (a restarted container begins
 * to count anew), Postgres would take that program for itself and refuse to start.
 */
function removeStaleLock(cluster: string): void {
  const lock = join(cluster, 'postmaster.pid');
  const pid = Number(readSmallFile(lock)?.split('\n')[0]);
  if (!Number.isInteger(pid) || pid < 1 || process.platform !== 'linux') return;
  let name: string | undefined;
  try {
    name = readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return; // nobody has that pid: Postgres sees that itself
  }
  if (name !== 'postgres') rmSync(lock, { force: true });
}
