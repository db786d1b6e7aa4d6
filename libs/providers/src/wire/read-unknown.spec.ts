import { expect, test } from 'vitest';
import { asCount, asRecord, asText, parseJson } from './read-unknown.js';

test('only a plain object is a record', () => {
  expect([null, undefined, [], 'a', 1].map(asRecord)).toEqual([null, null, null, null, null]);
  expect(asRecord({ a: 1 })).toEqual({ a: 1 });
});

test('a count is a whole number that is not negative, 0 for everything else', () => {
  const counts = [5, 5.9, 1e9, 2e9, 0, -1, NaN, Infinity, 2 ** 60, '7', null, undefined, {}].map(asCount);
  expect(counts).toEqual([5, 5, 1e9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
});

test('numbers are text too: vendors write codes in both ways', () => {
  expect(['a', 401, NaN, null, {}, true].map(asText)).toEqual(['a', '401', '', '', '', '']);
});

test('what is not JSON is undefined, never an exception', () => {
  expect(['{"a":1}', '', '{', 'null'].map(parseJson)).toEqual([{ a: 1 }, undefined, undefined, null]);
});
