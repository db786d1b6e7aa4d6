import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editDistance, findNearestName } from './nearest-name.js';

describe('the nearest known name', () => {
  it.each([
    ['prot', ['port', 'host'], 'port'],
    ['apikey', ['apiKey', 'baseUrl'], 'apiKey'],
    ['maxAttempt', ['maxAttempts', 'multiplier'], 'maxAttempts'],
    ['wieghted', ['weighted', 'priority'], 'weighted'],
    ['zzz', ['port', 'host'], undefined],
    ['x'.repeat(100_000), ['port', 'host'], undefined],
  ])('of %.20s is found by typing mistakes', (name, known, expected) => {
    expect(findNearestName(name, known)).toBe(expected);
  });

  it('counts a swap of neighbours as one mistake', () => {
    expect(editDistance('ab', 'ba')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });

  it('has a distance that is 0 for equals, symmetric, and at most the longer length', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (left, right) => {
        const distance = editDistance(left, right);
        expect(editDistance(right, left)).toBe(distance);
        expect(distance === 0).toBe(left === right);
        expect(distance).toBeLessThanOrEqual(Math.max(left.length, right.length));
      }),
    );
  });
});
