import { expect, test } from 'vitest';
import { CallerShares } from './caller-shares.js';

test('a key shares while it holds a part, and for a second or two after it asked', () => {
  const shares = new CallerShares();
  const busy = shares.shareOf('busy', 0);
  busy.held = 1;
  shares.shareOf('once', 100);
  expect(shares.size).toBe(2);
  shares.shareOf('busy', 1_000);
  expect(shares.size).toBe(2);
  shares.shareOf('busy', 2_000);
  expect(shares.size).toBe(1);
  expect(shares.shareOf('busy', 9_000)).toBe(busy);
});

test('keys that come and go leave nothing behind', () => {
  const shares = new CallerShares();
  for (let index = 0; index < 10_000; index += 1) shares.shareOf(`key-${index}`, index * 10);
  expect(shares.size).toBeLessThanOrEqual(200);
});
