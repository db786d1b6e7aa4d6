import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Files of the secrets folder that services read, each its own. */
export const SECRET_FILES = ['key-pepper', 'session-secret', 'data-key', 'audit-key'] as const;

const SECRET_BYTES = 32;
const MIN_SECRET_CHARS = 32;

/**
 * Makes the folder (0700) and those files that are missing (0600, 32 random bytes in hex). A file that is there is
 * never changed. @throws Error that names a file that is empty or too short
 */
export function ensureSecretFiles(folder: string): void {
  for (const name of SECRET_FILES) {
    const file = join(folder, name);
    const secret = ensureSecretFile(file, () => randomBytes(SECRET_BYTES).toString('hex'));
    if (secret.length < MIN_SECRET_CHARS) {
      throw new Error(
        `${file} holds less than ${MIN_SECRET_CHARS} characters. Put the right secret back; without one, what it protects cannot be read.`,
      );
    }
  }
}

/** The trimmed text of a file; when it is not there it is made, whole or not at all, by exactly one of several callers. */
export function ensureSecretFile(file: string, make: () => string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const known = read(file);
  if (known !== undefined) return known;
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const handle = openSync(draft, 'wx', 0o600);
  try {
    writeSync(handle, `${make()}\n`);
    fsyncSync(handle);
    linkSync(draft, file); // fails when somebody else was first: exclusive create of a file that is whole
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // fs errors carry a code
  } finally {
    closeSync(handle);
    rmSync(draft, { force: true });
  }
  const secret = read(file);
  if (secret === undefined) throw new Error(`${file} could not be made`);
  return secret;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // fs errors carry a code
    throw error;
  }
}
