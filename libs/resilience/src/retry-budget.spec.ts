import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RetryBudget } from './retry-budget.js';

test('three retries are free, more must be earned', () => {
  const budget = new RetryBudget({ ratio: 0.2, now: () => 0 });
  expect([1, 2, 3, 4].map(() => budget.tryRetry())).toEqual([true, true, true, false]);
  for (let request = 0; request < 5; request += 1) budget.onRequest();
  expect([budget.tryRetry(), budget.tryRetry()]).toEqual([true, false]);
});

test('what was earned and what was spent are forgotten after ten seconds', () => {
  let nowMs = 0;
  const budget = new RetryBudget({ ratio: 1, now: () => nowMs });
  for (let request = 0; request < 10; request += 1) budget.onRequest();
  expect(Array.from({ length: 14 }, () => budget.tryRetry()).filter(Boolean)).toHaveLength(13);
  nowMs = 10_000;
  expect(Array.from({ length: 14 }, () => budget.tryRetry()).filter(Boolean)).toHaveLength(3);
});

test('when everything fails at 20 requests a second, attempts are at most 1.25 times the requests', () => {
  let nowMs = 0;
  const budget = new RetryBudget({ ratio: 0.2, now: () => nowMs });
  let retries = 0;
  for (let request = 0; request < 1_200; request += 1) {
    nowMs = request * 50;
    budget.onRequest();
    for (let repeat = 0; repeat < 2; repeat += 1) if (budget.tryRetry()) retries += 1;
  }
  expect((1_200 + retries) / 1_200).toBeLessThanOrEqual(1.25);
  expect(retries).toBeGreaterThan(200);
});

test('whatever comes, retries of ten seconds stay within three and the share', () => {
  const script = fc.array(fc.record({ afterMs: fc.nat(900), isRetry: fc.boolean() }), { maxLength: 300 });
  fc.assert(
    fc.property(script, fc.double({ min: 0, max: 1, noNaN: true }), (steps, ratio) => {
      let nowMs = 0;
      const budget = new RetryBudget({ ratio, now: () => nowMs });
      const requests: number[] = [];
      const retries: number[] = [];
      for (const { afterMs, isRetry } of steps) {
        nowMs += afterMs;
        if (!isRetry) {
          budget.onRequest();
          requests.push(nowMs);
        } else if (budget.tryRetry()) {
          retries.push(nowMs);
          const since = (Math.floor(nowMs / 1_000) - 9) * 1_000;
          const within = (times: number[]): number => times.filter((atMs) => atMs >= since).length;
          expect(within(retries)).toBeLessThanOrEqual(3 + ratio * within(requests));
        }
      }
    }),
  );
});

test('a reload changes the share and forgets nothing', () => {
  const budget = new RetryBudget({ ratio: 0, now: () => 0 });
  for (let request = 0; request < 10; request += 1) budget.onRequest();
  for (let retry = 0; retry < 3; retry += 1) budget.tryRetry();
  expect(budget.tryRetry()).toBe(false);
  budget.reconfigure(0.1);
  expect([budget.tryRetry(), budget.tryRetry()]).toEqual([true, false]);
});
