import { LATENCY_BUCKETS_MS } from '@sluice/storage';

/**
 * The quantile, in milliseconds, of counts by `LATENCY_BUCKETS_MS` (one more at the end for what is above): within its bucket
 * as if all there were evenly spread. Above the last bound it is that bound. Null without a count.
 * @param share from 0 to 1
 */
export function quantileOfBuckets(counts: readonly number[], share: number): number | null {
  const all = counts.reduce((sum, count) => sum + count, 0);
  if (all === 0) return null;
  const rank = share * all;
  let below = 0;
  for (const [index, count] of counts.entries()) {
    if (count > 0 && below + count >= rank) {
      const lower = LATENCY_BUCKETS_MS[index - 1] ?? 0;
      const upper = LATENCY_BUCKETS_MS[index] ?? lower;
      return lower + (upper - lower) * Math.max(0, (rank - below) / count);
    }
    below += count;
  }
  return LATENCY_BUCKETS_MS.at(-1) ?? null;
}
