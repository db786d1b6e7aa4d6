import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ShedRamp } from './shed-ramp.js';

const THRESHOLDS = { stopAt: 60, startAt: 100, fullAt: 260 };

test('nothing is turned away below the start, everything at the end, a part between', () => {
  const ratioAt = (value: number): number => new ShedRamp(THRESHOLDS).update(value);
  expect([0, 99, 100, 160, 260, 10_000].map(ratioAt)).toEqual([0, 0, 0.2, 0.5, 1, 1]);
});

test('shedding that has begun ends well below where it began', () => {
  const ramp = new ShedRamp(THRESHOLDS);
  expect([90, 110, 90, 61, 60, 90].map((value) => ramp.update(value) > 0)).toEqual([
    ...[false, true, true, true, false, false],
  ]);
});

test('the part is never outside of 0 to 1 and grows with the value', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1_000, noNaN: true })), (values) => {
      const ramp = new ShedRamp(THRESHOLDS);
      let last: { value: number; ratio: number } | null = null;
      for (const value of values) {
        const ratio = ramp.update(value);
        expect(ratio).toBeGreaterThanOrEqual(0);
        expect(ratio).toBeLessThanOrEqual(1);
        if (last !== null && last.ratio > 0 && ratio > 0 && value > last.value) {
          expect(ratio).toBeGreaterThanOrEqual(last.ratio);
        }
        last = { value, ratio };
      }
    }),
  );
});
