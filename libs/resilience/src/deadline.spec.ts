import { expect, test } from 'vitest';
import { makeDeadline, remainingMs } from './deadline.js';

test('a client shortens the deadline but never lengthens it', () => {
  expect(makeDeadline(1000, 600_000, 250)).toEqual({ atMs: 1250, budgetMs: 250 });
  expect(makeDeadline(1000, 600_000, 900_000)).toEqual({ atMs: 601_000, budgetMs: 600_000 });
  expect(makeDeadline(1000, 600_000, null).budgetMs).toBe(600_000);
});

test('what is left is never negative', () => {
  const deadline = makeDeadline(0, 100, null);
  expect(remainingMs(deadline, 40)).toBe(60);
  expect(remainingMs(deadline, 100)).toBe(0);
  expect(remainingMs(deadline, 5000)).toBe(0);
});
