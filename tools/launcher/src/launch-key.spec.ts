import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureLaunchKey, isKey, keyChecksum, makeKey } from './launch-key.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-key-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('keys have the documented form, a checksum that fits, and do not repeat', () => {
  const keys = Array.from({ length: 200 }, makeKey);
  for (const key of keys) {
    expect(key).toMatch(/^sk-slc-[0-9A-Za-z]{8}-[0-9A-Za-z]{32}[0-9A-Za-z]{6}$/);
    expect(isKey(key)).toBe(true);
  }
  expect(new Set(keys).size).toBe(200);
});

test('the checksum is CRC-32 in base62, most significant digit first', () => {
  expect(keyChecksum('')).toBe('000000');
  // CRC-32 of "123456789" is 0xCBF43926 = 3421780262.
  expect(keyChecksum('123456789')).toBe('3jZRME');
});

test('a changed character is noticed', () => {
  const key = makeKey();
  for (let at = 7; at < key.length; at += 1) {
    if (key[at] === '-') continue;
    const other = key[at] === 'x' ? 'y' : 'x';
    expect(isKey(key.slice(0, at) + other + key.slice(at + 1))).toBe(false);
  }
});

test('the key is made once, for its owner only, and kept', () => {
  const file = join(dir, 'secrets', 'launch-key');
  const key = ensureLaunchKey(file);
  expect(ensureLaunchKey(file)).toBe(key);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, 'secrets')).mode & 0o777).toBe(0o700);
});

test('a file that holds something else is named, its content is not shown', () => {
  const file = join(dir, 'launch-key');
  writeFileSync(file, 'hunter2');
  expect(() => ensureLaunchKey(file)).toThrow(file);
  expect(() => ensureLaunchKey(file)).not.toThrow('hunter2');
});
