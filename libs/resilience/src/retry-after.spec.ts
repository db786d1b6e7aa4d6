import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LONGEST_RETRY_AFTER_MS, parseRetryAfterMs } from './retry-after.js';

const NOW = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

test.each([
  ['3', 3000],
  ['0', 0],
  ['1.5', 1500],
  [new Date(NOW + 7000).toUTCString(), 7000],
  [new Date(NOW - 7000).toUTCString(), 0],
  ['Thursday, 01-Jan-26 00:00:09 GMT', 9000],
  ['2026-01-01T00:00:04Z', 4000],
  ['1000000000', DAY_MS],
])('retry-after %s is %d ms', (text, expected) => {
  expect(parseRetryAfterMs({ 'retry-after': text }, NOW)).toBe(expected);
});

test.each(['-5', 'soon', '', '12 apples', 'NaN', 'Infinity', '0x10', '1e3', 'Mon, no date', '２'])(
  'garbage %j is no hint',
  (text) => {
    expect(parseRetryAfterMs({ 'retry-after': text }, NOW)).toBeNull();
    expect(parseRetryAfterMs({ 'retry-after-ms': text }, NOW)).toBeNull();
    expect(parseRetryAfterMs({ 'x-ratelimit-reset-tokens': text }, NOW)).toBeNull();
    expect(parseRetryAfterMs({ 'anthropic-ratelimit-tokens-reset': text }, NOW)).toBeNull();
  },
);

test('milliseconds win over seconds, as the providers that send both mean it', () => {
  expect(parseRetryAfterMs({ 'retry-after': '9', 'retry-after-ms': '120' }, NOW)).toBe(120);
});

test('garbage in the more exact header leaves the word to the next', () => {
  expect(parseRetryAfterMs({ 'retry-after': '9', 'retry-after-ms': 'soon' }, NOW)).toBe(9000);
  expect(parseRetryAfterMs({ 'retry-after': '-1', 'x-ratelimit-reset': '4' }, NOW)).toBe(4000);
});

test('what retry-after says wins over when a limit is whole again', () => {
  const headers = {
    'retry-after': '2',
    'x-ratelimit-remaining-tokens': '0',
    'x-ratelimit-reset-tokens': '6m0s',
  };
  expect(parseRetryAfterMs(headers, NOW)).toBe(2000);
});

test('of a header that came twice the first counts', () => {
  expect(parseRetryAfterMs({ 'retry-after': ['2', '9'] }, NOW)).toBe(2000);
  expect(parseRetryAfterMs({ 'retry-after': [] }, NOW)).toBeNull();
});

test.each([
  ['1s', 1000],
  ['6m0s', 360_000],
  ['120ms', 120],
  ['12.967s', 12_967],
  ['2m59.56s', 179_560],
  ['1h0m5s', 3_605_000],
  ['8.64s', 8640],
  ['1', 1000],
  ['33011.382867097855', 33_011_383],
  ['2d', DAY_MS],
])('x-ratelimit-reset-requests %s of a used-up limit is %d ms', (text, expected) => {
  const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': text };
  expect(parseRetryAfterMs(headers, NOW)).toBe(expected);
});

test.each([
  ['30', 30_000],
  [String(NOW / 1000 + 30), 30_000],
  [String(NOW + 30_000), 30_000],
  [String(NOW - 30_000), 0],
  ['2026-01-01T00:00:30.500Z', 30_500],
])('x-ratelimit-reset %s (seconds, epoch seconds, epoch milliseconds, a date) is %d ms', (text, expected) => {
  const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': text };
  expect(parseRetryAfterMs(headers, NOW)).toBe(expected);
});

test.each<[string, Record<string, string>, number | null]>([
  [
    'only the one that is used up counts',
    {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '12s',
      'x-ratelimit-remaining-tokens': '4000',
      'x-ratelimit-reset-tokens': '6m0s',
    },
    12_000,
  ],
  [
    'of several used up all must be whole again',
    {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '12s',
      'x-ratelimit-remaining-tokens': '0',
      'x-ratelimit-reset-tokens': '6m0s',
    },
    360_000,
  ],
  [
    'none said to be used up: the soonest that is not whole',
    {
      'x-ratelimit-remaining-requests': '10',
      'x-ratelimit-reset-requests': '0s',
      'x-ratelimit-remaining-tokens': '4000',
      'x-ratelimit-reset-tokens': '7s',
      'x-ratelimit-reset-tokens-day': '9h',
    },
    7000,
  ],
  [
    'all are whole: no hint',
    { 'x-ratelimit-remaining-tokens': '10000000', 'x-ratelimit-reset-tokens': '0s' },
    null,
  ],
])('of several limits: %s', (_, headers, expected) => {
  expect(parseRetryAfterMs(headers, NOW)).toBe(expected);
});

test.each(['requests', 'tokens', 'input-tokens', 'output-tokens'])(
  'Anthropic: the reset time of the used-up %s limit',
  (name) => {
    const limits = ['requests', 'tokens', 'input-tokens', 'output-tokens'].flatMap<[string, string]>(
      (limit) => [
        [`anthropic-ratelimit-${limit}-remaining`, limit === name ? '0' : '400000'],
        [
          `anthropic-ratelimit-${limit}-reset`,
          limit === name ? '2026-01-01T00:00:42Z' : '2026-01-01T00:00:01Z',
        ],
      ],
    );
    expect(parseRetryAfterMs(Object.fromEntries(limits), NOW)).toBe(42_000);
  },
);

const NAMES = [
  'retry-after',
  'retry-after-ms',
  'x-ratelimit-reset',
  'x-ratelimit-remaining',
  'x-ratelimit-reset-requests',
  'x-ratelimit-remaining-requests',
  'anthropic-ratelimit-tokens-reset',
  'anthropic-ratelimit-tokens-remaining',
];
const texts = fc.oneof(
  fc.string(),
  fc.float().map(String),
  fc.integer().map(String),
  fc.bigInt().map(String),
  fc.stringMatching(/^[\d.]{1,6}(d|h|m|s|ms){1,3}$/),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
);

test('no text makes it throw or leave 0 to a day in whole milliseconds', () => {
  const headers = fc.dictionary(fc.constantFrom(...NAMES), texts);
  fc.assert(
    fc.property(headers, fc.integer({ min: 0, max: 4e12 }), (given, nowMs) => {
      const ms = parseRetryAfterMs(given, nowMs);
      if (ms !== null) expect(Number.isInteger(ms) && ms >= 0 && ms <= LONGEST_RETRY_AFTER_MS).toBe(true);
    }),
    { numRuns: 5_000 },
  );
});
