import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SequenceSet } from './sequence-set.js';

const numbers = fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 120 });
const ranges = fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 9 })), {
  maxLength: 20,
});

describe('SequenceSet', () => {
  it('holds what a plain set holds, in the fewest ranges', () => {
    fc.assert(
      fc.property(numbers, ranges, (single, pairs) => {
        const set = new SequenceSet();
        const model = new Set<number>();
        for (const number of single) {
          expect(set.add(number)).toBe(!model.has(number));
          model.add(number);
        }
        for (const [from, length] of pairs) {
          set.addRange(from, from + length);
          for (let number = from; number <= from + length; number += 1) model.add(number);
        }
        for (let number = 0; number <= 75; number += 1) expect(set.has(number)).toBe(model.has(number));
        expect(set.size).toBe(model.size);
        const found = set.toRanges();
        for (let at = 1; at < found.length; at += 1) {
          expect(found[at]![0]).toBeGreaterThan(found[at - 1]![1] + 1);
        }
        expect(new SequenceSet(found).toRanges()).toEqual(found);
      }),
    );
  });

  it('names exactly the numbers that are missing up to a last one', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 0, max: 70 }), (single, last) => {
        const set = new SequenceSet();
        for (const number of single) set.add(number);
        const holes = new SequenceSet(set.holesUpTo(last));
        for (let number = 1; number <= 75; number += 1) {
          expect(holes.has(number)).toBe(number <= last && !set.has(number));
        }
      }),
    );
  });
});
