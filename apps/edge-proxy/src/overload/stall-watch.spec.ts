import { beforeEach, expect, test } from 'vitest';
import { StallWatch, WATCH_INTERVAL_MS } from './stall-watch.js';

let nowMs: number;
let blocks: number[];
let watch: StallWatch;

beforeEach(() => {
  nowMs = 1_000;
  blocks = [];
  watch = new StallWatch(
    () => nowMs,
    (durationMs) => blocks.push(durationMs),
  );
});

/** A tick that comes so much too late. */
function tickAfter(lateMs: number): void {
  nowMs += WATCH_INTERVAL_MS + lateMs;
  watch.tick();
}

test('a timer that comes late is a block, from 50 ms on', () => {
  tickAfter(0);
  tickAfter(49);
  tickAfter(50);
  tickAfter(2_000);
  expect(blocks).toEqual([50, 2_000]);
});

test('what happened before a moment is not counted since it', () => {
  tickAfter(300);
  const sinceMs = nowMs;
  expect(watch.stalledSince(sinceMs)).toBe(0);
  tickAfter(100);
  tickAfter(10);
  tickAfter(200);
  expect(watch.stalledSince(sinceMs)).toBe(300);
  expect(watch.stalledSince(0)).toBe(600);
});

test('a block that began before the moment counts from it', () => {
  tickAfter(500);
  expect(watch.stalledSince(nowMs - 100)).toBe(100);
});

test('the block that just ends is known before the watch itself has ticked', () => {
  tickAfter(0);
  const sinceMs = nowMs;
  nowMs += 5_000;
  expect(watch.stalledSince(sinceMs)).toBe(5_000 - WATCH_INTERVAL_MS);
  watch.tick();
  expect(watch.stalledSince(sinceMs)).toBe(5_000 - WATCH_INTERVAL_MS);
});

test('a thousand blocks take no more room than the last sixty-four', () => {
  const sinceMs = nowMs;
  for (let index = 0; index < 1_000; index += 1) tickAfter(100);
  expect(watch.stalledSince(sinceMs)).toBe(6_400);
  expect(blocks).toHaveLength(1_000);
});
