import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRetryAfterMs } from './retry-after.js';

const NOW = Date.UTC(2026, 0, 1);

test.each([
  ['3', 3000],
  ['0', 0],
  ['1.5', 1500],
  [new Date(NOW + 7000).toUTCString(), 7000],
  [new Date(NOW - 7000).toUTCString(), 0],
  ['1000000000', 86_400_000],
])('retry-after %s is %d ms', (text, expected) => {
  expect(parseRetryAfterMs({ 'retry-after': text }, NOW)).toBe(expected);
});

test.each(['-5', 'soon', '', '12 apples', 'NaN', 'Infinity', '0x10'])('garbage %j is no hint', (text) => {
  expect(parseRetryAfterMs({ 'retry-after': text }, NOW)).toBeNull();
});

test('milliseconds win over seconds, as the providers that send both mean it', () => {
  expect(parseRetryAfterMs({ 'retry-after': '9', 'retry-after-ms': '120' }, NOW)).toBe(120);
});

test('no text makes it throw or leave 0..1 day', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const ms = parseRetryAfterMs({ 'retry-after': text, 'retry-after-ms': text }, NOW);
      expect(ms === null || (ms >= 0 && ms <= 86_400_000)).toBe(true);
    }),
  );
});
