import { randomFillSync } from 'node:crypto';

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const POOL_BYTES = 4096;
const RANDOM_BYTES = 10;

const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

/**
 * A UUIDv7: 48 bits of wall clock, then random bits. Sorts by time, is unique without it.
 * @param nowMs wall clock; a clock that jumps back costs order, never uniqueness
 */
export function makeEventId(nowMs: number): string {
  if (used + RANDOM_BYTES > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const at = used;
  used += RANDOM_BYTES;
  const time = Math.trunc(nowMs).toString(16).padStart(12, '0');
  const byte = (index: number): number => pool[at + index] ?? 0;
  const hex = (index: number): string => HEX[byte(index)] ?? '00';
  const version = HEX[0x70 | (byte(0) & 0x0f)] ?? '70';
  const variant = HEX[0x80 | (byte(2) & 0x3f)] ?? '80';
  return (
    `${time.slice(0, 8)}-${time.slice(8)}-${version}${hex(1)}-${variant}${hex(3)}-` +
    `${hex(4)}${hex(5)}${hex(6)}${hex(7)}${hex(8)}${hex(9)}`
  );
}
