import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockDataDir } from './lock-data-dir.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-lock-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('a second launcher in the same folder is refused, and may start once the first has ended by SIGKILL', async () => {
  const holder = `
    const { DatabaseSync } = require('node:sqlite');
    new DatabaseSync(process.argv[1] + '/launcher.lock').exec('begin exclusive');
    process.stdout.write('held');
    setInterval(() => {}, 1000);
  `;
  const first = spawn(process.execPath, ['-e', holder, dir], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(first.stdout, 'data');
  expect(() => lockDataDir(dir)).toThrow(`Another launcher runs in ${dir}`);
  first.kill('SIGKILL');
  await once(first, 'exit');
  const lock = lockDataDir(dir);
  expect(() => lockDataDir(dir)).toThrow('SLUICE_DATA_DIR');
  lock.release();
  lockDataDir(dir).release();
});
