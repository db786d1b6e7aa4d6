import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureSecretFile, ensureSecretFiles, SECRET_FILES } from './secret-files.js';

let dir: string;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'sluice-secrets-')), 'secrets');
});
afterEach(() => rmSync(join(dir, '..'), { recursive: true, force: true }));

const contents = (): string[] => SECRET_FILES.map((name) => readFileSync(join(dir, name), 'utf8').trim());

test('each secret is 32 random bytes, readable by its owner only, and never changed by a later start', () => {
  ensureSecretFiles(dir);
  const first = contents();
  expect(first.every((text) => /^[0-9a-f]{64}$/.test(text))).toBe(true);
  expect(new Set(first).size).toBe(SECRET_FILES.length);
  expect(readdirSync(dir).map((name) => statSync(join(dir, name)).mode & 0o777)).toEqual([
    0o600, 0o600, 0o600, 0o600,
  ]);
  ensureSecretFiles(dir);
  expect(contents()).toEqual(first);
});

test('an empty or short secret is refused, not replaced', () => {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'data-key'), '');
  expect(() => ensureSecretFiles(dir)).toThrow('data-key holds less than 32 characters');
  expect(readFileSync(join(dir, 'data-key'), 'utf8')).toBe('');
});

test('who comes second takes what the first has made', () => {
  const file = join(dir, 'key-pepper');
  const late = ensureSecretFile(file, () => {
    writeFileSync(file, 'made by another process');
    return 'ours';
  });
  expect(late).toBe('made by another process');
  expect(readdirSync(dir)).toEqual(['key-pepper']);
});
