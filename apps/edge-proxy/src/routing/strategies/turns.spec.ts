// Round robin and least busy: who is next.
import { expect, test } from 'vitest';
import {
  makeRequest,
  makeRoute,
  makeRoutes,
  namesOf,
  type RouteFacts,
} from './__fixtures__/strategy-routes.js';
import { LeastBusyStrategy } from './least-busy.strategy.js';
import { lowestCost } from './lowest-cost.strategy.js';
import { RoundRobinStrategy } from './round-robin.strategy.js';

test('round robin: each in turn, whatever its weight, and the next is the fallback', () => {
  const strategy = new RoundRobinStrategy();
  const routes = makeRoutes({ a: 1, b: 9, c: 0 });
  const orders = Array.from({ length: 4 }, () => namesOf(strategy.order(routes, makeRequest())));
  expect(orders).toEqual(['abc', 'bca', 'cab', 'abc']);
});

test('round robin: those that are left share evenly while one is away', () => {
  const strategy = new RoundRobinStrategy();
  const routes = makeRoutes({ a: 1, b: 1, c: 1 });
  const picks = Array.from({ length: 30 }, () =>
    namesOf(strategy.order(routes.slice(1), makeRequest())).slice(0, 1),
  );
  expect(picks.filter((name) => name === 'b')).toHaveLength(15);
});

test('least busy: the fewest calls under way first', () => {
  const busy: Record<string, number> = { a: 3, b: 0, c: 1 };
  const routes = Object.entries(busy).map(([name, inFlight]) => makeRoute({ name, inFlight }));
  const strategy = new LeastBusyStrategy();
  for (let request = 0; request < 5; request += 1)
    expect(namesOf(strategy.order(routes, makeRequest()))).toBe('bca');
});

test('least busy: equally busy ones take turns', () => {
  const strategy = new LeastBusyStrategy();
  const routes = ['a', 'b', 'c'].map((name) => makeRoute({ name, inFlight: name === 'c' ? 1 : 0 }));
  const picks = Array.from({ length: 30 }, () => namesOf(strategy.order(routes, makeRequest())).slice(0, 1));
  expect(new Set(picks)).toEqual(new Set(['a', 'b']));
  expect(picks.filter((name) => name === 'a').length).toBeGreaterThanOrEqual(10);
  expect(picks.filter((name) => name === 'b').length).toBeGreaterThanOrEqual(10);
});

test('least busy: calls of different length leave no route with more than one call more than another', () => {
  const facts = ['a', 'b', 'c'].map((name) => ({ name, inFlight: 0 })) satisfies RouteFacts[];
  const routes = facts.map((fact) => makeRoute(fact));
  const strategy = new LeastBusyStrategy();
  for (let request = 0; request < 300; request += 1) {
    const [first] = strategy.order(routes, makeRequest());
    const taken = facts[routes.findIndex((route) => route === first)];
    if (taken !== undefined) taken.inFlight += 1;
    const loads = facts.map(({ inFlight }) => inFlight);
    expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
  }
});

test('lowest cost: the cheapest first, without a price last, equal ones in the order of the file', () => {
  const routes = [
    makeRoute({ name: 'u', costUsdNanos: null }),
    makeRoute({ name: 'x', costUsdNanos: 900 }),
    makeRoute({ name: 'f', costUsdNanos: 0 }),
    makeRoute({ name: 'c', costUsdNanos: 100 }),
    makeRoute({ name: 'd', costUsdNanos: 100 }),
    makeRoute({ name: 'v', costUsdNanos: null }),
  ];
  expect(namesOf(lowestCost().order(routes, makeRequest()))).toBe('fcdxuv');
});
