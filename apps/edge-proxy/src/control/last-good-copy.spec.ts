import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
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

test('drafts that a kill left are removed, and neither copies nor a draft that is being written', async () => {
  await using dir = await tempDir();
  const copy = new LastGoodCopy({ dataDir: dir.path, configPath: '/a' });
  copy.removeLeftovers(Date.now()); // There is no folder yet.
  copy.write('text');
  const longAgo = new Date(Date.now() - 3_600_000);
  const put = (path: string, changedAt = longAgo): void => {
    writeFileSync(path, 'draft');
    utimesSync(path, changedAt, changedAt);
  };
  const atWork = `${copy.path}.${randomUUID()}`;
  const unrelated = join(dir.path, 'config', 'last-good-notes.yaml.txt');
  put(`${copy.path}.${randomUUID()}`);
  put(new LastGoodCopy({ dataDir: dir.path, configPath: '/gone' }).path + `.${randomUUID()}`);
  put(unrelated);
  put(atWork, new Date());
  utimesSync(copy.path, longAgo, longAgo);
  copy.removeLeftovers(Date.now());
  const left = readdirSync(join(dir.path, 'config')).map((name) => join(dir.path, 'config', name));
  expect(left.sort()).toEqual([copy.path, atWork, unrelated].sort());
  expect(copy.read()).toBe('text');
});
