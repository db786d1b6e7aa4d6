import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PeakEwma } from './peak-ewma.js';

test('nothing is known before the first observation', () => {
  expect(new PeakEwma().value(123)).toBeNull();
});

test('one slow answer is believed at once', () => {
  const average = new PeakEwma();
  for (let nowMs = 0; nowMs < 10_000; nowMs += 100) average.observe(200, nowMs);
  average.observe(9_000, 10_000);
  expect(average.value(10_000)).toBe(9_000);
});

test('fast answers after a slow one are believed slowly', () => {
  const average = new PeakEwma(10_000);
  average.observe(1_000, 0);
  average.observe(100, 1_000);
  expect(average.value(1_000)).toBeCloseTo(1_000 * Math.exp(-0.1) + 100 * (1 - Math.exp(-0.1)), 6);
  for (let nowMs = 2_000; nowMs < 200_000; nowMs += 1_000) average.observe(100, nowMs);
  expect(average.value(199_000)).toBeCloseTo(100, 0);
});

test('without observations it sinks, so that a slow route is tried again', () => {
  const average = new PeakEwma(10_000);
  average.observe(1_000, 0);
  expect(average.value(10_000)).toBeCloseTo(1_000 / Math.E, 6);
  expect(average.value(1e9)).toBe(0);
});

test('it stays between 0 and the slowest answer, also when the clock goes back', () => {
  const script = fc.array(fc.record({ ms: fc.nat(60_000), nowMs: fc.nat(100_000) }), { minLength: 1 });
  fc.assert(
    fc.property(script, (steps) => {
      const average = new PeakEwma();
      for (const { ms, nowMs } of steps) average.observe(ms, nowMs);
      const value = average.value(100_000) ?? -1;
      expect(value >= 0 && value <= Math.max(...steps.map(({ ms }) => ms))).toBe(true);
    }),
  );
});
