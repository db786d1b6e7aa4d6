import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecentMap } from './recent-map.js';

test('what is asked for again and again stays, whatever else comes by', () => {
  const map = new RecentMap<number>(10);
  map.set('kept', 1);
  for (let index = 0; index < 10_000; index += 1) {
    map.set(`name-${index}`, index);
    if (index % 4 === 0) expect(map.get('kept')).toBe(1);
  }
});

test('it never holds more than its limit, and always the younger half', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ name: fc.nat(40).map(String), isSet: fc.boolean() }), {
        maxLength: 300,
        size: 'max',
      }),
      (steps) => {
        const map = new RecentMap<string>(10);
        let recent: string[] = [];
        for (const { name, isSet } of steps) {
          if (isSet) map.set(name, `value of ${name}`);
          const found = map.get(name);
          if (found !== undefined) {
            expect(found).toBe(`value of ${name}`);
            recent = [name, ...recent.filter((other) => other !== name)].slice(0, 5);
          }
          expect(map.size).toBeLessThanOrEqual(10);
        }
        for (const name of [...recent].reverse()) expect(map.get(name)).toBe(`value of ${name}`);
      },
    ),
    { numRuns: 300 },
  );
});
