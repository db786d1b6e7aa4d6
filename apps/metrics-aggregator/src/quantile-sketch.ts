// Counts of durations in buckets that each end 10 % above the last, so that a quantile is within 5 % of the exact one.

const GROWTH = 1.1;
const LOG_GROWTH = Math.log(GROWTH);
/** 1 ms × 1.1^159 is more than an hour; what is above counts as that. */
const BUCKETS = 160;

/** How many durations fell into each bucket; the first holds all up to 1 ms. */
export type QuantileSketch = Uint32Array;

/** A sketch without any duration. */
export const emptySketch = (): QuantileSketch => new Uint32Array(BUCKETS);

/** Adds one duration. */
export function observe(sketch: QuantileSketch, ms: number): void {
  const index = ms <= 1 ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms) / LOG_GROWTH));
  sketch[index] = (sketch[index] ?? 0) + 1;
}

/** Adds all durations of another sketch. */
export function mergeInto(sum: QuantileSketch, part: QuantileSketch): void {
  for (let index = 0; index < BUCKETS; index += 1) sum[index] = (sum[index] ?? 0) + (part[index] ?? 0);
}

/** The duration that the share `q` (0 to 1) of all does not exceed, in milliseconds; null when there is none. */
export function quantile(sketch: QuantileSketch, q: number): number | null {
  const total = sketch.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = Math.max(1, Math.ceil(q * total));
  let below = 0;
  const index = sketch.findIndex((count) => (below += count) >= rank);
  // The middle of the bucket, in the measure in which all buckets are of one width.
  return index === 0 ? 1 : Number((GROWTH ** (index - 0.5)).toPrecision(4));
}
