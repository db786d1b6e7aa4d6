import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ensureAdminPassword } from './admin-password.js';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-password-'));
  file = join(dir, 'admin-password');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('without one a password of 20 characters is made once, for its owner only, and kept', () => {
  const made = ensureAdminPassword(file, undefined);
  expect(made).toMatch(/^[2-9A-HJ-NP-Za-km-z]{20}$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(ensureAdminPassword(file, '')).toBe(made);
});

test("the operator's password replaces what is there and stays without the variable", () => {
  ensureAdminPassword(file, undefined);
  expect(ensureAdminPassword(file, 'correct horse')).toBe('correct horse');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(ensureAdminPassword(file, undefined)).toBe('correct horse');
});

test('a short password is refused, by the name of where it came from, and changes nothing', () => {
  writeFileSync(file, 'the one before');
  expect(() => ensureAdminPassword(file, 'hunter2')).toThrow(
    'SLUICE_ADMIN_PASSWORD must have 8 characters or more, not 7.',
  );
  expect(readFileSync(file, 'utf8')).toBe('the one before');
  writeFileSync(file, 'hunter2');
  expect(() => ensureAdminPassword(file, undefined)).toThrow(file);
  expect(() => ensureAdminPassword(file, undefined)).not.toThrow('hunter2');
});

test('white space around a password, which a file cannot keep, is refused', () => {
  expect(() => ensureAdminPassword(file, ' correct horse')).toThrow(
    'SLUICE_ADMIN_PASSWORD must not begin or end with white space.',
  );
});
