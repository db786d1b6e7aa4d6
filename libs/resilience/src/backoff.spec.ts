import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backoffMs, type BackoffSettings } from './backoff.js';

/** The config's defaults. */
const SETTINGS: BackoffSettings = {
  initialBackoffMs: 200,
  multiplier: 2,
  maxBackoffMs: 5_000,
  jitter: 'full',
};

test('without jitter it doubles up to its bound', () => {
  const settings: BackoffSettings = { ...SETTINGS, jitter: 'none' };
  const waits = [1, 2, 3, 4, 5, 6, 7, 1_000].map((repeat) => backoffMs(repeat, settings, () => 0.5));
  expect(waits).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
});

test('full jitter spreads the waits over all of the time, the bound first', () => {
  const waits = (random: number): number[] =>
    [1, 2, 9].map((repeat) => backoffMs(repeat, SETTINGS, () => random));
  expect(waits(0)).toEqual([0, 0, 0]);
  expect(waits(0.5)).toEqual([100, 200, 2_500]);
  expect(waits(0.999)).toEqual([199.8, 399.6, 4_995]);
});

test('whatever the settings, it is never negative and never above the bound', () => {
  const settings = fc.record({
    initialBackoffMs: fc.nat(60_000),
    multiplier: fc.double({ min: 1, max: 10, noNaN: true }),
    maxBackoffMs: fc.nat(600_000),
    jitter: fc.constantFrom('full' as const, 'none' as const),
  });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), settings, (repeat, chosen) => {
      const ms = backoffMs(repeat, chosen, () => 0.999);
      expect(ms >= 0 && ms <= chosen.maxBackoffMs).toBe(true);
    }),
  );
});
