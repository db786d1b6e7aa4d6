import { expect, test } from 'vitest';
import { RestartBackoff } from './restart-backoff.js';

test('restarts wait 100 ms, doubling to 2 s, and begin anew after the child ran for 10 s', () => {
  const backoff = new RestartBackoff();
  const delays = Array.from({ length: 7 }, () => backoff.nextDelayMs(50));
  expect(delays).toEqual([100, 200, 400, 800, 1600, 2000, 2000]);
  expect(backoff.nextDelayMs(10_000)).toBe(100);
  expect(backoff.nextDelayMs(9_999)).toBe(200);
});
