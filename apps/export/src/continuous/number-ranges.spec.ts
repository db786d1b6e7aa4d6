import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasNumber, type NumberRanges, withNumber, withoutNumber } from './number-ranges.js';

const numbers = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 });
const rangesOf = (list: readonly number[]): NumberRanges => list.reduce<NumberRanges>(withNumber, []);
const spread = (ranges: NumberRanges): number[] =>
  ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, index) => from + index));
const sorted = (set: Set<number>): number[] => [...set].sort((a, b) => a - b);

describe('number ranges', () => {
  it('hold exactly the numbers that were added, in whatever order, and no two ranges touch', () => {
    fc.assert(
      fc.property(numbers, (list) => {
        const ranges = rangesOf(list);
        expect(spread(ranges)).toEqual(sorted(new Set(list)));
        ranges.slice(1).forEach(([from], index) => {
          expect(from).toBeGreaterThan(ranges[index]![1]);
        });
        for (let number = 0; number <= 41; number += 1) {
          expect(hasNumber(ranges, number)).toBe(list.includes(number));
        }
      }),
    );
  });

  it('lose exactly the number that is taken out', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 40 }), (list, gone) => {
        const rest = new Set(list);
        rest.delete(gone);
        expect(spread(withoutNumber(rangesOf(list), gone))).toEqual(sorted(rest));
      }),
    );
  });
});
