// Small facts that a later start needs: ports and passwords, one file each, readable by the owner only.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freeServerPort, isPortFree } from './free-port.js';

/** The port asked for, else the one used last in this folder when it is free, else a free one; remembered in `<home>/port`. */
export async function choosePort(home: string, wanted: number | undefined): Promise<number> {
  const port = wanted ?? (await rememberedPort(home)) ?? (await freeServerPort());
  writeSmallFile(join(home, 'port'), String(port));
  return port;
}

/** The password in `<home>/password`, made at the first call: 48 hex digits. */
export function rememberPassword(home: string): string {
  const file = join(home, 'password');
  const known = readSmallFile(file);
  if (known !== undefined && known !== '') return known;
  const password = randomBytes(24).toString('hex');
  writeSmallFile(file, password);
  return password;
}

/** The trimmed text of a file; undefined when it cannot be read. */
export function readSmallFile(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Writes a 0600 file in one step (write + rename), making its folder (0700). */
export function writeSmallFile(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(`${file}.${process.pid}`, text, { mode: 0o600 });
  renameSync(`${file}.${process.pid}`, file);
}

async function rememberedPort(home: string): Promise<number | undefined> {
  const port = Number(readSmallFile(join(home, 'port')));
  if (!Number.isInteger(port) || port < 1024 || port > 65_535) return undefined;
  return (await isPortFree(port)) ? port : undefined;
}
