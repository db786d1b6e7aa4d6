// Builds the dashboard into dist/, unless dist/ already holds what the inputs would give: a later start pays milliseconds.
// The inputs are this folder, the contracts' sources and the lockfile; their digest is kept beside the result.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const HERE = import.meta.dirname;
const ROOT = join(HERE, '..', '..');
const DIST = join(HERE, 'dist');
const DIGEST_FILE = join(DIST, '.inputs-digest');
const INPUTS = [
  ...['src', 'public', 'index.html', 'vite.config.ts', 'tsconfig.json', 'package.json', 'build.mjs'].map(
    (name) => join(HERE, name),
  ),
  join(ROOT, 'libs', 'contracts', 'src'),
  join(ROOT, 'package-lock.json'),
  join(ROOT, 'tsconfig.base.json'),
];

function listFiles(path) {
  try {
    return readdirSync(path, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path];
    throw error;
  }
}

function digestInputs() {
  const hash = createHash('sha256');
  const files = INPUTS.flatMap(listFiles).filter((path) => !path.endsWith('.spec.ts'));
  for (const path of files.sort()) {
    const text = readFileSync(path);
    hash.update(`${relative(ROOT, path).replaceAll(sep, '/')}\0${text.length}\0`).update(text);
  }
  return hash.digest('hex');
}

function isBuilt(digest) {
  if (!existsSync(join(DIST, 'index.html'))) return false;
  try {
    return readFileSync(DIGEST_FILE, 'utf8') === digest;
  } catch {
    return false;
  }
}

async function build(digest) {
  const { build: viteBuild } = await import('vite');
  const startedMs = performance.now();
  rmSync(DIGEST_FILE, { force: true });
  // Dot files are the compiler's.
  for (const name of existsSync(DIST) ? readdirSync(DIST) : []) {
    if (!name.startsWith('.')) rmSync(join(DIST, name), { recursive: true });
  }
  await viteBuild({ configFile: join(HERE, 'vite.config.ts'), root: HERE, logLevel: 'warn' });
  writeFileSync(DIGEST_FILE, digest);
  process.stderr.write(`dashboard: built in ${((performance.now() - startedMs) / 1000).toFixed(1)} s\n`);
}

const digest = digestInputs();
if (!isBuilt(digest)) await build(digest);
