import { expect, test } from 'vitest';
import { asRecord } from '../wire/read-unknown.js';
import { asNumber, parseExactJson, writeJson } from './exact-json.js';

test.each([
  '{"a":12345678901234567890}',
  '[0.1234567890123456789,-12345678901234567890,1e400]',
  '{"deep":[{"id":9007199254740993}]}',
  '{"a":"12345678901234567890","b":[1,2.5,null,true]}',
])('%s is written as it was read', (text) => {
  expect(writeJson(parseExactJson(text))).toBe(text);
});

test('only a number that would lose digits is kept as its text: the rest of the document stays ordinary', () => {
  const text = '[0.0,1.0,-2.50,1e5,0.50000000000000000,1000000000000000.0,0e99,"12345678901234567890"]';
  expect(parseExactJson(text)).toEqual([0, 1, -2.5, 100000, 0.5, 1e15, 0, '12345678901234567890']);
  const lost = '[1e400,1e-400,10000000000000000000000,0.30000000000000004000001]';
  const kept = parseExactJson(lost) as unknown[];
  expect(kept.map((value) => typeof value)).toEqual(['object', 'object', 'object', 'object']);
  expect(kept.map(asRecord)).toEqual([null, null, null, null]);
  expect(writeJson(kept)).toBe(lost);
});

test('a number of a million digits is read in time that grows with its length only', () => {
  const startedMs = performance.now();
  const text = `[0.${'0'.repeat(1_000_000)}1]`;
  expect(writeJson(parseExactJson(text))).toBe(text);
  expect(performance.now() - startedMs).toBeLessThan(2_000);
});

test('a number is one, however its digits were kept', () => {
  const values = parseExactJson('[1.0,0.50000000000000000,12345678901234567890,"1"]') as unknown[];
  expect(values.map(asNumber)).toEqual([1, 0.5, 12345678901234567890, null]);
});

test('what is no JSON is undefined, what cannot be written is null', () => {
  expect(parseExactJson('{"a":1234567890123456789')).toBeUndefined();
  const circle: { self?: unknown } = {};
  circle.self = circle;
  expect(writeJson(circle)).toBeNull();
});
