import { beforeEach, describe, expect, test } from 'vitest';
import { LoadMonitor } from './load-monitor.js';
import { WATCH_INTERVAL_MS } from './stall-watch.js';

let nowMs: number;
let memoryUse: number;
let isOfRequests: boolean;
let memoryReads: number;
let load: LoadMonitor;

beforeEach(() => {
  nowMs = 5_000;
  memoryUse = 0.3;
  isOfRequests = true;
  memoryReads = 0;
  load = new LoadMonitor({
    now: () => nowMs,
    readMemory: () => {
      memoryReads += 1;
      return { useRatio: memoryUse, isOfRequests };
    },
    onBlock: () => undefined,
  });
});

/** The loop is blocked so long, again and again, for this time. */
function blocksOf(blockMs: number, forMs: number): void {
  for (const endMs = nowMs + forMs; nowMs < endMs;) {
    nowMs += WATCH_INTERVAL_MS + blockMs;
    load.sample();
  }
}

describe('the event loop', () => {
  test('that runs sheds nothing', () => {
    blocksOf(20, 10_000);
    expect(load.shedRatio).toBe(0);
  });

  test.each([100, 1_000, 60_000])(
    'that stood still once for %d ms sheds nothing: that is over',
    (blockMs) => {
      blocksOf(0, 1_000);
      blocksOf(blockMs, 1);
      expect(load.shedRatio).toBe(0);
    },
  );

  test('that stands still again and again sheds a part, then nearly all', () => {
    blocksOf(250, 5_000);
    expect(load.shedRatio).toBeGreaterThan(0.2);
    expect(load.shedRatio).toBeLessThan(0.7);
    blocksOf(700, 10_000);
    expect(load.shedRatio).toBeGreaterThan(0.95);
    expect(load.reason).toBe('event_loop');
  });

  test('that runs again lets everything in after two seconds', () => {
    blocksOf(10_000, 100_000);
    blocksOf(0, 1_000);
    expect(load.shedRatio).toBeGreaterThan(0);
    blocksOf(0, 1_000);
    expect(load.shedRatio).toBe(0);
  });
});

describe('memory', () => {
  test('that runs short sheds, and is asked for twice a second only', () => {
    blocksOf(0, 1_000);
    memoryUse = 0.9;
    blocksOf(0, 1_000);
    expect([load.reason, load.shedRatio > 0 && load.shedRatio < 1]).toEqual(['memory', true]);
    memoryUse = 0.97;
    blocksOf(0, 1_000);
    expect(load.shedRatio).toBe(1);
    memoryUse = 0.81;
    blocksOf(0, 1_000);
    expect(load.shedRatio).toBeGreaterThan(0);
    memoryUse = 0.79;
    blocksOf(0, 1_000);
    expect(load.shedRatio).toBe(0);
    expect(memoryReads).toBeLessThanOrEqual(11);
  });

  test('that is full of what others hold, or was freed and not given back, sheds nothing', () => {
    [memoryUse, isOfRequests] = [0.99, false];
    blocksOf(0, 1_000);
    expect([load.memoryUse, load.shedRatio, load.shutFor]).toEqual([0.99, 0, null]);
    isOfRequests = true;
    blocksOf(0, 1_000);
    expect([load.shedRatio, load.shutFor]).toEqual([1, 'memory']);
    isOfRequests = false;
    blocksOf(0, 1_000);
    expect(load.shedRatio).toBe(0);
  });
});

test('it measures by itself between start and stop', async () => {
  const real = new LoadMonitor({
    now: () => performance.now(),
    readMemory: () => ({ useRatio: 0.1, isOfRequests: true }),
    onBlock: () => undefined,
  });
  real.start();
  await expect.poll(() => real.memoryUse).toBe(0.1);
  const sinceMs = performance.now();
  while (performance.now() - sinceMs < 300);
  expect(real.stallWatch.stalledSince(sinceMs)).toBeGreaterThan(200);
  real.stop();
});
