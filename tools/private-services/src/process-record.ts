// What we started is written down, so that the next start can end what outlived a killed launcher.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, processIdentity } from './process-identity.js';

/** One process of ours: `identity` is checked before any signal, so a reused pid is never hit. */
export interface ProcessRecord {
  readonly name: string;
  readonly pid: number;
  readonly identity: string;
}

const POLL_MS = 20;

/** Writes `<dir>/<name>.json` for a running process; does nothing when it has ended already. */
export function recordProcess(dir: string, name: string, pid: number): void {
  const identity = processIdentity(pid);
  if (identity === undefined) return;
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, `${name}.json`);
  const record: ProcessRecord = { name, pid, identity };
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${file}.${process.pid}`, file);
}

/** Removes a record. Never throws. */
export function forgetProcess(dir: string, name: string): void {
  rmSync(join(dir, `${name}.json`), { force: true });
}

/** All readable records of a folder; a torn or foreign file is not one. */
export function readProcessRecords(dir: string): ProcessRecord[] {
  return listJson(dir).flatMap((file) => {
    const record = parseRecord(join(dir, file));
    return record === undefined ? [] : [record];
  });
}

/** What to do with a record: only a process that is provably the one we started may be signalled. */
export function planReap(record: ProcessRecord, current: string | undefined): 'end' | 'forget' {
  return current === record.identity ? 'end' : 'forget';
}

/**
 * Ends the recorded processes that still run, in the given order of names (others first), by SIGTERM and at the
 * deadline by SIGKILL, and removes the records. Returns the names of those that had survived.
 */
export async function reapProcesses(
  dir: string,
  options: { readonly timeoutMs: number; readonly last?: readonly string[] },
): Promise<string[]> {
  const last = options.last ?? [];
  const records = readProcessRecords(dir);
  const groups = [
    records.filter((r) => !last.includes(r.name)),
    records.filter((r) => last.includes(r.name)),
  ];
  const survivors: string[] = [];
  for (const group of groups) {
    await Promise.all(
      group.map(async (record) => {
        if (planReap(record, processIdentity(record.pid)) === 'end') {
          survivors.push(record.name);
          await endProcess(record, options.timeoutMs);
        }
        forgetProcess(dir, record.name);
      }),
    );
  }
  return survivors;
}

async function endProcess(record: ProcessRecord, timeoutMs: number): Promise<void> {
  // Postgres: SIGINT ends sessions and stops; SIGTERM would wait for them.
  signal(record, record.name === 'postgres' ? 'SIGINT' : 'SIGTERM');
  signal(record, 'SIGCONT');
  if (await endedWithin(record, timeoutMs)) return;
  signal(record, 'SIGKILL');
  await endedWithin(record, timeoutMs);
}

function signal(record: ProcessRecord, name: NodeJS.Signals): void {
  if (!isAlive(record.pid, record.identity)) return;
  try {
    process.kill(record.pid, name);
  } catch {
    // It ended between the check and the signal, which is what we want.
  }
}

async function endedWithin(record: ProcessRecord, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while (isAlive(record.pid, record.identity)) {
    if (performance.now() > deadline) return false;
    await delay(POLL_MS);
  }
  return true;
}

function listJson(dir: string): string[] {
  try {
    return readdirSync(dir).filter((file) => file.endsWith('.json'));
  } catch {
    return [];
  }
}

function parseRecord(file: string): ProcessRecord | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null) return undefined;
    const { name, pid, identity } = value as Record<string, unknown>; // any object can be read as a record of unknowns
    if (typeof name !== 'string' || typeof identity !== 'string') return undefined;
    // 0 and negative numbers mean groups to kill(2), 1 is init.
    if (typeof pid !== 'number' || !Number.isInteger(pid) || pid < 2) return undefined;
    return { name, pid, identity };
  } catch {
    return undefined;
  }
}
