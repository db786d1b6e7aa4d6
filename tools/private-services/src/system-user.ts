import { accessSync, constants, readFileSync } from 'node:fs';
import { runCommand } from './run-command.js';

/** A user to run a server as. */
export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const TEST_TIMEOUT_MS = 5000;

/** Postgres refuses root: the user to run it as when we are root (`postgres`, else `nobody`), undefined when we are not. */
export function postgresUser(passwd = '/etc/passwd'): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readFileSync(passwd, 'utf8').split('\n').map(parseLine);
  const found = ['postgres', 'nobody'].map((name) => users.find((user) => user?.name === name));
  return found.find((user) => user !== undefined) ?? { name: 'nobody', uid: 65_534, gid: 65_534 };
}

function parseLine(line: string): SystemUser | undefined {
  const [name, , uid, gid] = line.split(':');
  if (name === undefined || uid === undefined || gid === undefined) return undefined;
  return { name, uid: Number(uid), gid: Number(gid) };
}

/** True when that user (undefined: ours) may execute the file, or enter the folder: all folders above it count. */
export async function canExecute(path: string, user: SystemUser | undefined): Promise<boolean> {
  if (user === undefined) return isAccessible(path);
  const result = await runCommand('/usr/bin/test', ['-x', path], {
    env: {},
    cwd: '/',
    timeoutMs: TEST_TIMEOUT_MS,
    user: { uid: user.uid, gid: user.gid },
  }).catch(() => undefined);
  return result?.code === 0;
}

function isAccessible(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
