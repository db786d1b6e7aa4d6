import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AttemptTimer, type Awaited } from './attempt-timer.js';

let expired: (readonly [Awaited, number])[] = [];
let timer: AttemptTimer;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
  expired = [];
  timer = new AttemptTimer((awaited, afterMs) => expired.push([awaited, afterMs]));
});
afterEach(() => {
  timer.disarm();
  vi.useRealTimers();
});

/**
 * A process that stands still: the clock goes on, and no timer is heard.
 * @returns ends it
 */
const standStill = (ms: number): (() => void) => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + ms);
  return () => clock.mockRestore();
};

test('fires once, with what was awaited and for how long', () => {
  timer.arm('first_token', 1000);
  vi.advanceTimersByTime(999);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(60_000);
  expect(expired).toEqual([['first_token', 1000]]);
});

test('does not fire once it is disarmed, nor in the turn in which something came', () => {
  timer.arm('idle', 100);
  timer.disarm();
  vi.advanceTimersByTime(1000);
  expect(expired).toEqual([]);
});

test('what is put off fires so much later, and a little more to be sure', () => {
  timer.arm('idle', 1000);
  vi.advanceTimersByTime(900);
  timer.putOff();
  vi.advanceTimersByTime(999);
  expect(expired).toEqual([]);
  vi.advanceTimersByTime(100);
  expect(expired).toEqual([['idle', 1000]]);
});

describe('after a stall of our own', () => {
  test('the time that was lost is given back, once for each stall', () => {
    timer.arm('first_token', 1000);
    const goOn = standStill(1400);
    vi.advanceTimersByTime(1010);
    expect(expired).toEqual([]);
    goOn();
    vi.advanceTimersByTime(1000);
    expect(expired).toHaveLength(1);
  });
});

test('putting off what is not armed does nothing', () => {
  timer.putOff();
  vi.advanceTimersByTime(100_000);
  expect(expired).toEqual([]);
});
