import { expect, test } from 'vitest';
import { asNumber, parseExactJson, writeJson } from './exact-json.js';

test.each([
  '{"a":12345678901234567890}',
  '[0.1234567890123456789,-12345678901234567890,1e400]',
  '{"deep":[{"id":9007199254740993}]}',
  '{"a":"12345678901234567890","b":[1,2.5,null,true]}',
])('%s is written as it was read', (text) => {
  expect(writeJson(parseExactJson(text))).toBe(text);
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
