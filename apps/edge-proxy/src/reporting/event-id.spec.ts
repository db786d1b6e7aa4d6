import { expect, test } from 'vitest';
import { z } from 'zod';
import { makeEventId } from './event-id.js';

const UUID_V7 = /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

test('100,000 ids of one millisecond are all different and all valid', () => {
  const ids = Array.from({ length: 100_000 }, () => makeEventId(1_790_000_000_123));
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => !UUID_V7.test(id))).toEqual([]);
  expect(z.uuidv7().safeParse(ids[0]).success).toBe(true);
});

test('ids sort by their time, which can be read from them', () => {
  const times = [0, 1, 255, 1_790_000_000_000, 1_790_000_000_001, 2 ** 47];
  const ids = times.map((time) => makeEventId(time));
  expect([...ids].sort()).toEqual(ids);
  expect(ids.map((id) => parseInt(id.replace('-', '').slice(0, 12), 16))).toEqual(times);
});

test('every random bit takes both values', () => {
  const ones = Array<number>(128).fill(0);
  const COUNT = 2000;
  for (let index = 0; index < COUNT; index += 1) {
    const bits = BigInt(`0x${makeEventId(0).replaceAll('-', '')}`)
      .toString(2)
      .padStart(128, '0');
    for (let bit = 0; bit < 128; bit += 1) ones[bit]! += Number(bits[bit]);
  }
  const random = ones.filter((_, bit) => bit >= 48 && (bit < 48 || bit > 51) && (bit < 64 || bit > 65));
  expect(random).toHaveLength(74);
  for (const count of random) expect(count / COUNT).toSatisfy((ratio: number) => ratio > 0.4 && ratio < 0.6);
});

test('a clock that jumps back or counts in fractions makes valid ids all the same', () => {
  expect([makeEventId(10), makeEventId(9), makeEventId(10.9)].every((id) => UUID_V7.test(id))).toBe(true);
});
