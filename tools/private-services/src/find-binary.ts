import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Folders that a distribution may put servers in although a plain user's PATH lacks them. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/usr/local/bin', '/usr/bin', '/opt/homebrew/bin'];
const POSTGRES_ROOT = '/usr/lib/postgresql';

/** Path of an executable file on PATH or in the distribution's folders; undefined when there is none. */
export function findBinary(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = [...(env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS];
  return folders
    .filter((folder) => folder.startsWith('/'))
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** Paths of all `postgres` binaries that the machine has: PATH first, then Debian's folders, newest version first. */
export function findPostgresBinaries(env: NodeJS.ProcessEnv): string[] {
  const versioned = listFolder(POSTGRES_ROOT)
    .filter((version) => /^\d+$/.test(version))
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(POSTGRES_ROOT, version, 'bin', 'postgres'))
    .filter(isExecutable);
  const onPath = findBinary('postgres', env);
  return [...new Set(onPath === undefined ? versioned : [onPath, ...versioned])];
}

/** True for a regular file that this process may execute. Never throws. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
