import { expect, test } from 'vitest';
import { FakeClock } from './fake-clock.js';

test('timers run in the order of their time, at their time, also those that a timer makes', async () => {
  const clock = new FakeClock(1000);
  const seen: string[] = [];
  clock.setTimeout(() => seen.push(`late ${clock.now()}`), 30);
  clock.setTimeout(() => {
    seen.push(`early ${clock.now()}`);
    clock.setTimeout(() => seen.push(`nested ${clock.now()}`), 5);
  }, 10);
  clock.setTimeout(() => seen.push('never'), 20)();
  await clock.advance(29);
  expect(seen).toEqual(['early 1010', 'nested 1015']);
  await clock.advance(1);
  expect(seen).toEqual(['early 1010', 'nested 1015', 'late 1030']);
  expect(clock.pendingTimers).toBe(0);
});

test('a sleep that is aborted leaves no timer', async () => {
  const clock = new FakeClock();
  const abort = new AbortController();
  const sleeping = clock.sleep(100, abort.signal);
  abort.abort(new Error('enough'));
  await expect(sleeping).rejects.toThrow('enough');
  expect(clock.pendingTimers).toBe(0);
});
