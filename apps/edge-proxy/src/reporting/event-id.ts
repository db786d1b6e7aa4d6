import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 4096;
const RANDOM_BYTES = 10;
/** First digit of the fourth group: the variant's two bits before two random ones. */
const VARIANTS = ['8', '9', 'a', 'b'] as const;

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
  const random = pool.toString('hex', at, at + RANDOM_BYTES);
  const variant = VARIANTS[(pool[at] ?? 0) & 3] ?? '8';
  return (
    `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(2, 5)}-${variant}${random.slice(5, 8)}-` +
    random.slice(8, 20)
  );
}
