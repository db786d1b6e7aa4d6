import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeRequest, makeRoutes, namesOf } from './__fixtures__/strategy-routes.js';
import { WeightedStrategy } from './weighted.strategy.js';

test('shares are exact within each round, and spread over it', () => {
  const strategy = new WeightedStrategy();
  const routes = makeRoutes({ a: 5, b: 1, c: 1 });
  const picks = Array.from({ length: 14 }, () => namesOf(strategy.order(routes, makeRequest())).slice(0, 1));
  expect(picks.join('')).toBe('aabacaaaabacaa');
});

test('the rest follow by weight, and a route of weight 0 comes last', () => {
  const strategy = new WeightedStrategy();
  const routes = makeRoutes({ z: 0, b: 1, a: 3 });
  const orders = Array.from({ length: 4 }, () => namesOf(strategy.order(routes, makeRequest())));
  expect(orders).toEqual(['abz', 'baz', 'abz', 'abz']);
});

test('when only routes of weight 0 are left, they keep the order of the file', () => {
  expect(namesOf(new WeightedStrategy().order(makeRoutes({ b: 0, a: 0 }), makeRequest()))).toBe('ba');
});

test('whatever the weights, after any whole round each route has had exactly its share', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(7), { minLength: 2, maxLength: 6 }),
      fc.integer({ min: 1, max: 5 }),
      (weights, rounds) => {
        const routes = makeRoutes(Object.fromEntries(weights.map((weight, index) => [`r${index}`, weight])));
        const sum = weights.reduce((total, weight) => total + weight, 0);
        const strategy = new WeightedStrategy();
        const counts = weights.map(() => 0);
        for (let request = 0; request < rounds * sum; request += 1) {
          const [first] = strategy.order(routes, makeRequest());
          const index = routes.findIndex((route) => route === first);
          counts[index] = (counts[index] ?? 0) + 1;
        }
        expect(counts).toEqual(weights.map((weight) => weight * rounds));
      },
    ),
  );
});

test('a route that was away gets its share afterwards, not a burst', () => {
  const strategy = new WeightedStrategy();
  const routes = makeRoutes({ a: 1, b: 1, c: 1 });
  for (let request = 0; request < 100; request += 1) strategy.order(routes.slice(0, 2), makeRequest());
  const picks = Array.from({ length: 9 }, () => namesOf(strategy.order(routes, makeRequest())).slice(0, 1));
  expect(picks.filter((name) => name === 'c')).toHaveLength(3);
  expect(picks.join('')).not.toContain('cc');
});

test('a route of weight 0 comes last also beside one that has had more than its share', () => {
  const strategy = new WeightedStrategy();
  const [zero, one, two] = makeRoutes({ z: 0, a: 1, b: 1 });
  if (zero === undefined || one === undefined || two === undefined) throw new Error('three routes');
  expect(namesOf(strategy.order([zero, one, two], makeRequest()))).toBe('abz');
  expect(namesOf(strategy.order([zero, one], makeRequest()))).toBe('az');
});
