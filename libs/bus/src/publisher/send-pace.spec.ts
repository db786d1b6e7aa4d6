import { describe, expect, it } from 'vitest';
import { SendPace } from './send-pace.js';

describe('SendPace', () => {
  it('allows the whole window while messages are stored', () => {
    const pace = new SendPace(32);
    expect(pace.allowed(0, 0)).toBe(32);
    expect(pace.allowed(0, 30)).toBe(2);
    expect(pace.allowed(0, 32)).toBe(0);
  });

  it('allows one message at a time after a failure, each after a longer pause, of at most 5 s', () => {
    const pace = new SendPace(32);
    const pauses: number[] = [];
    for (let nowMs = 0; pauses.length < 7; nowMs = pace.nextTryAtMs) {
      expect(pace.failed(nowMs)).toBe(pauses.length === 0);
      expect(pace.allowed(pace.nextTryAtMs - 1, 0)).toBe(0);
      expect(pace.allowed(pace.nextTryAtMs, 0)).toBe(1);
      expect(pace.allowed(pace.nextTryAtMs, 1)).toBe(0);
      pauses.push(pace.nextTryAtMs - nowMs);
    }
    expect(pauses).toEqual([250, 500, 1000, 2000, 4000, 5000, 5000]);
  });

  it('takes the failures of messages that were out together as one', () => {
    const pace = new SendPace(32);
    expect([pace.failed(1000), pace.failed(1001), pace.failed(1100)]).toEqual([true, false, false]);
    expect(pace.nextTryAtMs).toBe(1250);
  });

  it('opens the window again with the first message that is stored', () => {
    const pace = new SendPace(32);
    pace.failed(0);
    pace.succeeded();
    expect(pace.isFlowing).toBe(true);
    expect(pace.allowed(0, 0)).toBe(32);
  });

  it('tries at once when the connection is back', () => {
    const pace = new SendPace(32);
    pace.failed(0);
    pace.retryNow(10);
    expect(pace.allowed(10, 0)).toBe(1);
  });
});
