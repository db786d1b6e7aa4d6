import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findPostgresBinaries, isExecutable } from './find-binary.js';
import { missingServerError } from './missing-server.js';
import { npmPostgresBinary, prepareNpmPostgres } from './npm-postgres.js';
import { PrivateServiceError } from './private-server.js';
import { runCommand } from './run-command.js';
import { canExecute, type SystemUser } from './system-user.js';

/** A usable pair of binaries of one Postgres version. */
export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  readonly major: number;
}

/** The oldest version that our SQL is written for. */
const OLDEST_MAJOR = 15;
const VERSION_TIMEOUT_MS = 5000;

/**
 * The machine's own Postgres 15 or newer, else npm's. Data made by one major version is only opened by the same one.
 * @throws PrivateServiceError
 */
export async function findPostgres(options: {
  readonly env: NodeJS.ProcessEnv;
  readonly user: SystemUser | undefined;
  /** Version of the data that is there already. */
  readonly dataMajor: number | undefined;
}): Promise<PostgresBinaries> {
  const fits = (major: number): boolean =>
    options.dataMajor === undefined ? major >= OLDEST_MAJOR : major === options.dataMajor;
  for (const file of findPostgresBinaries(options.env)) {
    const found = await inspect(file, options.user);
    if (found !== undefined && fits(found.major)) return found;
  }
  if (npmPostgresBinary() !== undefined) {
    const file = await prepareNpmPostgres(options.user, options.env);
    const found = file === undefined ? undefined : await inspect(file, options.user);
    if (found !== undefined && fits(found.major)) return found;
  }
  if (options.dataMajor === undefined) {
    throw missingServerError(
      'postgres',
      `no PostgreSQL ${OLDEST_MAJOR} or newer on PATH, and npm's has no binary that runs here`,
    );
  }
  throw new PrivateServiceError(
    `The data folder holds a PostgreSQL ${options.dataMajor} database and no such server is here. ` +
      `Run \`sudo apt-get install postgresql-${options.dataMajor}\`, or use another SLUICE_DATA_DIR.`,
  );
}

async function inspect(file: string, user: SystemUser | undefined): Promise<PostgresBinaries | undefined> {
  // Links into the version's folder: the server finds its own files from where it really is.
  const postgres = realpathSync(file);
  const initdb = join(dirname(postgres), 'initdb');
  if (!existsSync(initdb) || !isExecutable(initdb) || !(await canExecute(postgres, user))) return undefined;
  const version = await runCommand(postgres, ['--version'], {
    env: { LC_ALL: 'C' },
    timeoutMs: VERSION_TIMEOUT_MS,
  });
  const major = /\(PostgreSQL\) (\d+)/.exec(version.stdout)?.[1];
  return version.code === 0 && major !== undefined ? { postgres, initdb, major: Number(major) } : undefined;
}
