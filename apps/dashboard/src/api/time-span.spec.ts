import { expect, it } from 'vitest';
import { RANGE_MS, RANGES, spanLimits, wholeMinuteLimits } from './time-span.js';

const NOW = new Date('2026-11-23T12:00:30.500Z');
const LONGEST_MS = 31 * 86_400_000;

it('a relative span ends now and is as long as it says', () => {
  expect(spanLimits({ kind: 'last', range: '6h' }, NOW)).toEqual({
    from: new Date('2026-11-23T06:00:30.500Z'),
    to: null,
  });
});

it.each(RANGES)('the roll-ups of %s are asked for in whole minutes, never for more than 31 days', (range) => {
  const { from } = wholeMinuteLimits({ kind: 'last', range }, NOW);
  expect(from.getTime() % 60_000).toBe(0);
  // The server widens to whole minutes by its own clock, which may be 30 s ahead.
  const serverEndMs = Math.ceil((NOW.getTime() + 30_000) / 60_000) * 60_000;
  expect(serverEndMs - from.getTime()).toBeLessThanOrEqual(LONGEST_MS);
  expect(serverEndMs - from.getTime()).toBeGreaterThanOrEqual(RANGE_MS[range] - 60_000);
});

it('a span between two moments is taken as it is', () => {
  const between = {
    kind: 'between',
    from: '2026-11-01T00:00:00.000Z',
    to: '2026-11-02T00:00:00.000Z',
  } as const;
  expect(wholeMinuteLimits(between, NOW)).toEqual({ from: new Date(between.from), to: new Date(between.to) });
});
