import { expect, test } from 'vitest';
import { throttledWarning } from './throttled-warning.js';

test('the first is told at once, then one for all of ten seconds', () => {
  const told: [string, number][] = [];
  let nowMs = 0;
  const warn = throttledWarning<string>(
    (latest, count) => told.push([latest, count]),
    () => nowMs,
  );
  for (nowMs = 0; nowMs < 25_000; nowMs += 1_000) warn(`at ${nowMs}`);
  expect(told).toEqual([
    ['at 0', 1],
    ['at 10000', 10],
    ['at 20000', 10],
  ]);
});
