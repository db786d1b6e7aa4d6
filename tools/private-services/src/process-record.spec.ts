import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processIdentity } from './process-identity.js';
import { planReap, readProcessRecords, reapProcesses, recordProcess } from './process-record.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sluice-record-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

test('only a process whose start time is the recorded one is ended', () => {
  const record = { name: 'redis', pid: 4242, identity: 'boot/100' };
  expect(planReap(record, 'boot/100')).toBe('end');
  expect(planReap(record, 'boot/101')).toBe('forget');
  expect(planReap(record, 'other-boot/100')).toBe('forget');
  expect(planReap(record, undefined)).toBe('forget');
});

test('a survivor is ended and its record removed, although it is stopped and ignores SIGTERM', async () => {
  const child = spawn('sh', ['-c', 'trap "" TERM; echo up; while :; do sleep 1; done'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(child.stdout, 'data');
  recordProcess(dir, 'logger', child.pid!);
  child.kill('SIGSTOP');
  const ended = once(child, 'exit');
  expect(await reapProcesses(dir, { timeoutMs: 100 })).toEqual(['logger']);
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(readProcessRecords(dir)).toEqual([]);
});

test('a pid that another process has got by now is left alone', async () => {
  const child = spawn('sleep', ['60']);
  const record = { name: 'nats', pid: child.pid, identity: 'another-boot/1' };
  writeFileSync(join(dir, 'nats.json'), JSON.stringify(record));
  expect(await reapProcesses(dir, { timeoutMs: 100 })).toEqual([]);
  expect(processIdentity(child.pid!)).toMatch(/^[0-9a-f-]{36}\/\d+$/);
  expect(readProcessRecords(dir)).toEqual([]);
  child.kill('SIGKILL');
});

test('records that are torn, foreign or would mean a process group are not read', () => {
  writeFileSync(join(dir, 'torn.json'), '{"name":"re');
  writeFileSync(join(dir, 'group.json'), JSON.stringify({ name: 'x', pid: -1, identity: 'b/1' }));
  writeFileSync(join(dir, 'init.json'), JSON.stringify({ name: 'x', pid: 1, identity: 'b/1' }));
  writeFileSync(join(dir, 'null.json'), 'null');
  expect(readProcessRecords(dir)).toEqual([]);
});
