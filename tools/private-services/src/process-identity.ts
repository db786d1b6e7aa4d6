// Which process a pid means. A pid alone is reused by the system; pid + boot + start time is not.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Opaque text that changes when a pid is reused or the machine restarts; undefined: no such process. */
export function processIdentity(pid: number): string | undefined {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

/** True while the process is there and has not ended (a zombie has). */
export function isAlive(pid: number, identity: string): boolean {
  return processIdentity(pid) === identity;
}

function fromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name (field 2) is in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    const startTime = fields[19]; // field 22 of proc(5), in ticks since boot
    if (startTime === undefined || state === 'Z' || state === 'X') return undefined;
    return `${bootId()}/${startTime}`;
  } catch {
    return undefined;
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function fromPs(pid: number): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      timeout: 5000,
    });
    return text.trim() === '' ? undefined : text.trim();
  } catch {
    return undefined;
  }
}
