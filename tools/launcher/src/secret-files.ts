import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Files of the secrets folder that services read, each its own. */
export const SECRET_FILES = ['key-pepper', 'session-secret', 'data-key', 'audit-key'] as const;

/** Every file of the secrets folder. */
export type SecretFileName = (typeof SECRET_FILES)[number] | 'launch-key' | 'admin-password';

const OWNER_ONLY = 0o600;
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

/** Writes a secret, whole or not at all, over what is there. */
export function replaceSecretFile(file: string, secret: string, mode = OWNER_ONLY): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = writeDraft(file, secret, mode);
  try {
    renameSync(draft, file);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** The trimmed text of a file; when it is not there it is made, whole or not at all, by exactly one of several callers. */
export function ensureSecretFile(file: string, make: () => string): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const known = read(file);
  if (known !== undefined) return known;
  const draft = writeDraft(file, make(), OWNER_ONLY);
  try {
    linkSync(draft, file); // fails when somebody else was first: exclusive create of a file that is whole
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error; // fs errors carry a code
  } finally {
    rmSync(draft, { force: true });
  }
  const secret = read(file);
  if (secret === undefined) throw new Error(`${file} could not be made`);
  return secret;
}

/** The trimmed text of a file. @throws Error that names it when it is not there */
export function readSecretFile(file: string): string {
  const secret = read(file);
  if (secret === undefined) throw new Error(`${file} is not there`);
  return secret;
}

function writeDraft(file: string, secret: string, mode: number): string {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const handle = openSync(draft, 'wx', mode);
  try {
    writeSync(handle, `${secret}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  return draft;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // fs errors carry a code
    throw error;
  }
}
