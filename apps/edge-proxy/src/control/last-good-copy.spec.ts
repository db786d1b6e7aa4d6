import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@sluice/testing';
import { expect, test } from 'vitest';
import { LastGoodCopy } from './last-good-copy.js';

test('what was written is read, by the next process too, and only by its owner', async () => {
  await using dir = await tempDir();
  const options = { dataDir: join(dir.path, 'data'), configPath: '/etc/sluice.yaml' };
  const copy = new LastGoodCopy(options);
  expect(copy.read()).toBeNull();
  copy.write('one: "${SECRET}"\n');
  copy.write('two: "${SECRET}"\n');
  expect(new LastGoodCopy(options).read()).toBe('two: "${SECRET}"\n');
  expect(statSync(copy.path).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(dir.path, 'data', 'config'))).toHaveLength(1);
});

test('each config file has a copy of its own', async () => {
  await using dir = await tempDir();
  const one = new LastGoodCopy({ dataDir: dir.path, configPath: '/a/sluice.yaml' });
  const two = new LastGoodCopy({ dataDir: dir.path, configPath: '/b/sluice.yaml' });
  one.write('one');
  two.write('two');
  expect([one.read(), two.read()]).toEqual(['one', 'two']);
});

test('a write that fails throws, keeps the old copy and leaves nothing behind', async () => {
  await using dir = await tempDir();
  const copy = new LastGoodCopy({ dataDir: dir.path, configPath: '/a' });
  // A folder in its place: the rename cannot succeed.
  mkdirSync(copy.path, { recursive: true });
  writeFileSync(join(copy.path, 'x'), '');
  expect(() => copy.write('text')).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(readdirSync(join(dir.path, 'config'))).toHaveLength(1);
});
