import { LATENCY_BUCKETS_MS } from '@sluice/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quantileOfBuckets } from './quantile-of-buckets.js';

const buckets = (counts: Record<number, number>) =>
  Array.from({ length: LATENCY_BUCKETS_MS.length + 1 }, (_, index) => counts[index] ?? 0);

describe('quantileOfBuckets', () => {
  it.each([
    ['nothing', {}, 0.5, null],
    ['the middle of one bucket (10 to 20 ms)', { 2: 100 }, 0.5, 15],
    ['the end of one bucket', { 2: 100 }, 1, 20],
    ['the first bucket begins at 0', { 0: 10 }, 0.5, 2.5],
    ['what lies between two buckets is the bound of the lower', { 0: 50, 5: 50 }, 0.5, 5],
    ['a bucket far behind', { 0: 90, 10: 10 }, 0.95, 425],
    ['above the last bound it is that bound', { 26: 3 }, 0.5, 600_000],
  ])('%s', (_, counts, share, expected) => {
    expect(quantileOfBuckets(buckets(counts), share)).toBe(expected);
  });

  it('is in the bucket of the exact quantile, and never falls with the share', () => {
    const times = fc.array(fc.double({ min: 0, max: 700_000, noNaN: true }), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(times, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) => {
        const bounds = [...LATENCY_BUCKETS_MS, Number.POSITIVE_INFINITY];
        const place = (ms: number) => bounds.findIndex((bound) => ms <= bound);
        const counts = buckets({});
        for (const ms of all) counts[place(ms)]! += 1;
        const exact = all.toSorted((a, b) => a - b)[Math.ceil(share * all.length) - 1]!;
        const found = quantileOfBuckets(counts, share)!;
        expect(found).toBeLessThanOrEqual(LATENCY_BUCKETS_MS[place(exact)] ?? 600_000);
        expect(found).toBeGreaterThanOrEqual(LATENCY_BUCKETS_MS[place(exact) - 1] ?? 0);
        expect(quantileOfBuckets(counts, share / 2)!).toBeLessThanOrEqual(found);
      }),
    );
  });
});
