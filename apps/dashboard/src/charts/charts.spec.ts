import { expect, it } from 'vitest';
import { stackBars } from './chart-series.js';
import { toPath } from './sparkline.js';

it('bars stand on those before them, lines stay where they are', () => {
  const stacked = stackBars([
    { label: 'a', color: 'series-1', shape: 'bars', values: [1, 2, null] },
    { label: 'b', color: 'series-bad', shape: 'bars', values: [3, null, 4] },
    { label: 'c', color: 'series-2', shape: 'line', values: [7, null, 9] },
  ]);
  expect(stacked).toEqual([
    [1, 2, 0],
    [4, 2, 4],
    [7, null, 9],
  ]);
});

it('a course lifts its pen where there is nothing, and shows a lone point', () => {
  expect(toPath([0, 10, null, 5])).toBe('M0.00 27.00L33.33 1.00M100.00 14.00h0');
  expect(toPath([])).toBe('');
});
