import { readFileSync } from 'node:fs';

/** Names this run of the operating system; null where it has no such name. Never throws. */
export function readBootId(): string | null {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return null;
  }
}
