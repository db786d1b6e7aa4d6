import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SlidingWindow, TICKETS } from './sliding-window.js';

test('what it counts is what came within its ten buckets, however time passes', () => {
  const script = fc.array(fc.record({ afterMs: fc.integer({ min: 0, max: 400 }), marks: fc.nat(2) }));
  fc.assert(
    fc.property(script, fc.nat(1e9), (steps, startMs) => {
      const window = new SlidingWindow(1_000);
      const seen: { bucket: number; marks: number }[] = [];
      let nowMs = startMs;
      for (const { afterMs, marks } of steps) {
        nowMs += afterMs;
        const bucket = Math.floor(nowMs / 100);
        window.add(window.advance(nowMs), 1, marks);
        seen.push({ bucket, marks });
        const held = seen.filter((call) => call.bucket > bucket - 10);
        expect(window.calls).toBe(held.length);
        expect(window.marks).toBe(held.reduce((sum, call) => sum + call.marks, 0));
      }
    }),
  );
});

test('it covers its length at most, and nine tenths at least', () => {
  for (let offset = 0; offset < 100; offset += 7) {
    const window = new SlidingWindow(1_000);
    window.add(window.advance(offset), 1, 0);
    window.advance(offset + 899);
    expect(window.calls).toBe(1);
    window.advance(offset + 1_000);
    expect(window.calls).toBe(0);
  }
});

test('a mark goes where its call was counted, and leaves with it', () => {
  const window = new SlidingWindow(1_000);
  const ticket = window.advance(0);
  window.add(ticket, 1, 0);
  window.advance(900);
  expect([window.has(ticket), window.add(ticket, 0, 1), window.marks]).toEqual([true, true, 1]);
  window.advance(1_000);
  expect([window.has(ticket), window.add(ticket, 0, 1), window.marks, window.calls]).toEqual([
    false,
    false,
    0,
    0,
  ]);
});

test('tickets that start anew after days are still told apart', () => {
  const window = new SlidingWindow(10);
  const ticket = window.advance(TICKETS - 2);
  window.add(ticket, 1, 0);
  window.advance(TICKETS + 5);
  expect([window.has(ticket), window.add(ticket, 0, 1), window.marks]).toEqual([true, true, 1]);
  expect(window.advance(TICKETS + 5)).toBe(5);
  window.advance(TICKETS + 9);
  expect([window.has(ticket), window.calls, window.marks]).toEqual([false, 0, 0]);
});

test('a clock that goes back stands still', () => {
  const window = new SlidingWindow(1_000);
  window.add(window.advance(5_000), 1, 1);
  window.add(window.advance(4_000), 1, 0);
  expect([window.calls, window.marks]).toEqual([2, 1]);
});
