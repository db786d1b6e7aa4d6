import type { Overview, OverviewSums } from '@sluice/contracts';
import { expect, it } from 'vitest';
import type { LivePoint } from '../../api/live-feed.js';
import { mergeLive } from './merge-live.js';

const NOW_MS = Date.parse('2026-11-23T12:15:00.000Z');
const sums: OverviewSums = {
  ...{ requests: 120, failed: 6, rejected: 0, inputTokens: 600, outputTokens: 600, costUsdNanos: 0 },
  latencyMs: { p50: 10, p95: 20 },
  firstTokenMs: { p50: null, p95: null },
};
const overview = (minutes: number): Overview => ({
  ...{ from: '', to: '', stepSeconds: 60, total: sums, models: [], providers: [], teams: [] },
  points: Array.from({ length: minutes }, (_, index) => ({
    ...sums,
    at: new Date(NOW_MS - (minutes - index) * 60_000).toISOString(),
  })),
});
const second = (atMs: number): LivePoint => ({
  ...{ atMs, requestsPerSecond: 5, errorsPerSecond: 0, tokensPerSecond: 0, p50Ms: 1, p95Ms: 2 },
});
const minutesBack = (points: readonly LivePoint[]) => points.map(({ atMs }) => (NOW_MS - atMs) / 60_000);

it('minutes of the roll-ups stand where nobody listened, as rates at their end', () => {
  const merged = mergeLive(overview(4), [], NOW_MS);
  // The minute that ends now is still being written.
  expect(minutesBack(merged)).toEqual([3, 2, 1]);
  expect(merged[0]).toMatchObject({
    requestsPerSecond: 2,
    errorsPerSecond: 0.1,
    tokensPerSecond: 20,
    p50Ms: 10,
  });
});

it('a minute that was listened to is told by its seconds alone, in rising order', () => {
  const live = [second(NOW_MS - 150_000), second(NOW_MS - 30_000)];
  expect(minutesBack(mergeLive(overview(5), live, NOW_MS))).toEqual([4, 3, 2.5, 1, 0.5]);
});

it('nothing older than the window is shown', () => {
  expect(mergeLive(undefined, [second(NOW_MS - 16 * 60_000), second(NOW_MS)], NOW_MS)).toHaveLength(1);
});
