import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteCollector } from './byte-collector.js';

test('pieces of any sizes come out as they went in', () => {
  const size = fc.oneof(fc.nat(3), fc.constantFrom(1_023, 1_024, 5_000));
  fc.assert(
    fc.property(fc.array(size, { maxLength: 30 }), fc.nat(3_000), (sizes, small) => {
      const collector = new ByteCollector();
      const pieces = [...sizes, ...Array.from({ length: small }, () => 1), ...sizes].map((length, index) =>
        Buffer.alloc(length, index % 251),
      );
      for (const piece of pieces) collector.add(piece);
      const whole = Buffer.concat(pieces);
      expect(collector.length).toBe(whole.length);
      expect(collector.take().equals(whole)).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test('a single piece is not copied, and nothing is an empty buffer', () => {
  const collector = new ByteCollector();
  expect(collector.take()).toHaveLength(0);
  const piece = Buffer.from('whole');
  collector.add(piece);
  expect(collector.take()).toBe(piece);
});

test('a megabyte that comes byte by byte costs about its size, not a hundred times as much', () => {
  const collector = new ByteCollector();
  const before = keptBytes();
  for (let count = 0; count < 1_000_000; count += 1) collector.add(Buffer.from([count % 251]));
  const kept = keptBytes() - before;
  expect(collector.length).toBe(1_000_000);
  expect(kept).toBeLessThan(10_000_000);
});

/** What is held when all garbage is gone. */
function keptBytes(): number {
  setFlagsFromString('--expose-gc');
  // The flag makes it a global of contexts that are made after it.
  const collect = runInNewContext('gc') as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
