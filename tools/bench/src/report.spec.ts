import { expect, test } from 'vitest';
import { formatTable, median, type Round } from './report.js';

const round = (index: number, target: string, perSecond: number): Round => ({
  round: index,
  target,
  load: { answered: 1, failed: 0, perSecond, p50Ms: 1, p99Ms: 2 },
  cpuUsPerUnit: 10,
  rssMb: 100,
});

test('ratios are taken inside a round, so that a machine that slows down between rounds changes none', () => {
  const rounds = [round(0, 'base', 1000), round(0, 'us', 900), round(1, 'base', 100), round(1, 'us', 90)];
  expect(formatTable('t', rounds, ['base', 'us'])).toContain('| us | 495 | 0.90 (0.90–0.90) |');
});

test('the median of an even count is the mean of the two in the middle', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBe(0);
});
