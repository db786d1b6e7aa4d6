import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countInMultirange, isInMultirange, toMultirange } from './to-multirange.js';

describe('toMultirange', () => {
  it.each([
    [[], '{}'],
    [[1], '{[1,2)}'],
    [[3, 1, 2, 2, 7], '{[1,4),[7,8)}'],
  ])('%j becomes %s', (numbers, text) => {
    expect(toMultirange(numbers)).toBe(text);
  });

  it('holds each number once and no other', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 })), (numbers) => {
        const text = toMultirange(numbers);
        const held = [...text.matchAll(/\[(\d+),(\d+)\)/g)].flatMap(([, from, to]) =>
          Array.from({ length: Number(to) - Number(from) }, (_, index) => Number(from) + index),
        );
        expect(held).toEqual([...new Set(numbers)].sort((a, b) => a - b));
        expect(countInMultirange(text)).toBe(held.length);
      }),
    );
  });
});

describe('isInMultirange', () => {
  it('says yes to each number of the ranges and to no other', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 })), (numbers) => {
        const isIn = isInMultirange(toMultirange(numbers));
        for (let value = 0; value <= 41; value += 1) expect(isIn(value)).toBe(numbers.includes(value));
      }),
    );
  });
});
