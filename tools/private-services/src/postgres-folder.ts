// Where the cluster is kept: in the data folder, or where the server's user can reach it.
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, lstatSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PrivateServiceError } from './private-server.js';
import { readSmallFile, writeSmallFile } from './remembered.js';
import { canExecute, type SystemUser } from './system-user.js';

/**
 * A folder that belongs to the server's user: `<home>/server`, or, when a folder above is closed to that user,
 * one in `/var/tmp` that `<home>/location` names. Without that note the one in `/var/tmp` is a leftover of a data folder
 * that somebody removed, and is emptied.
 */
export async function clusterFolder(home: string, user: SystemUser | undefined): Promise<string> {
  const noted = readSmallFile(join(home, 'location'));
  if (noted !== undefined && isUsable(noted, user)) return noted;
  const local = join(home, 'server');
  if (user === undefined || (await canExecute(home, user))) return makeFolder(local, user);

  const digest = createHash('sha256').update(realpathSync(home)).digest('hex').slice(0, 16);
  const outside = `/var/tmp/sluice-postgres-data-${digest}`;
  if (isUsable(outside, user)) rmSync(outside, { recursive: true, force: true });
  makeFolder(outside, user);
  if (!isUsable(outside, user))
    throw new PrivateServiceError(`${outside} belongs to somebody else: remove it`);
  writeSmallFile(join(home, 'location'), outside);
  return outside;
}

/** Removes the cluster of a data folder, wherever it is. The server must have ended. */
export function removePostgresData(dataDir: string): void {
  const home = join(dataDir, 'postgres');
  const noted = readSmallFile(join(home, 'location'));
  if (noted?.startsWith('/var/tmp/sluice-postgres-data-') === true)
    rmSync(noted, { recursive: true, force: true });
  rmSync(home, { recursive: true, force: true });
}

function makeFolder(folder: string, user: SystemUser | undefined): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  chmodSync(folder, 0o700);
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  return folder;
}

function isUsable(folder: string, user: SystemUser | undefined): boolean {
  try {
    const stat = lstatSync(folder);
    return stat.isDirectory() && stat.uid === (user?.uid ?? process.getuid?.());
  } catch {
    return false;
  }
}
