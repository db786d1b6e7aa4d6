import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readFileVariables } from './read-file-variables.js';

let file: string;
beforeEach(() => {
  file = join(mkdtempSync(join(tmpdir(), 'sluice-variables-')), 'url');
  writeFileSync(file, 'nats://logger:hidden@nats:4222\n');
});
afterEach(() => rmSync(join(file, '..'), { recursive: true, force: true }));

test('an address is read from its file; variables that are none of ours are not', () => {
  expect(readFileVariables({ NATS_URL_FILE: file, DATABASE_URL_FILE: '', PATH_FILE: file })).toEqual({
    NATS_URL: 'nats://logger:hidden@nats:4222',
  });
});

test('a file that is missing or empty is named with its variable', () => {
  expect(() => readFileVariables({ NATS_URL_FILE: `${file}.gone` })).toThrow(
    `NATS_URL_FILE names ${file}.gone, which cannot be read (ENOENT).`,
  );
  writeFileSync(file, '\n');
  expect(() => readFileVariables({ NATS_URL_FILE: file })).toThrow(
    `NATS_URL_FILE names ${file}, which is empty.`,
  );
});

test('an address given both ways is refused: nobody could say which one holds', () => {
  const read = (): unknown => readFileVariables({ NATS_URL: 'nats://a:secret@b', NATS_URL_FILE: file });
  expect(read).toThrow('NATS_URL and NATS_URL_FILE are both set');
  expect(read).not.toThrow('secret');
});
