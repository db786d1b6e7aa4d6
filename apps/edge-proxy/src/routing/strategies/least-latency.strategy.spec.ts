import { PeakEwma } from '@sluice/resilience';
import { seededRandom } from '@sluice/testing';
import { expect, test } from 'vitest';
import { makeRequest, makeRoute, namesOf, type RouteFacts } from './__fixtures__/strategy-routes.js';
import { LeastLatencyStrategy } from './least-latency.strategy.js';
import type { StrategyRoute } from './strategy.js';

const firsts = (routes: readonly StrategyRoute[], count: number, stream = false): string[] => {
  const strategy = new LeastLatencyStrategy();
  const random = seededRandom(7);
  return Array.from({ length: count }, () =>
    namesOf(strategy.order(routes, makeRequest({ random, stream }))).slice(0, 1),
  );
};
const share = (names: readonly string[], name: string): number =>
  names.filter((one) => one === name).length / names.length;

test('of two, the faster one', () => {
  const routes = [makeRoute({ name: 's', answerMs: 900 }), makeRoute({ name: 'f', answerMs: 200 })];
  expect(new Set(firsts(routes, 200))).toEqual(new Set(['f']));
});

test('of four, each pair once: the fastest gets half, the slowest nothing', () => {
  const routes = [400, 100, 300, 200].map((answerMs) =>
    makeRoute({ name: String(answerMs / 100), answerMs }),
  );
  const names = firsts(routes, 12_000);
  for (const [name, expected] of [
    ['1', 3 / 6],
    ['2', 2 / 6],
    ['3', 1 / 6],
    ['4', 0],
  ] as const) {
    expect(Math.abs(share(names, name) - expected)).toBeLessThan(0.02);
  }
});

test('the rest follow by latency', () => {
  const routes = [400, 100, 300, 200].map((answerMs) =>
    makeRoute({ name: String(answerMs / 100), answerMs }),
  );
  const strategy = new LeastLatencyStrategy();
  const random = seededRandom(3);
  const orders = new Set(
    Array.from({ length: 200 }, () => namesOf(strategy.order(routes, makeRequest({ random })))),
  );
  expect(orders).toEqual(new Set(['1234', '2134', '3124']));
});

test('streams go by the first token, plain requests by the whole answer', () => {
  const routes = [
    makeRoute({ name: 't', firstTokenMs: 50, answerMs: 9_000 }),
    makeRoute({ name: 'w', firstTokenMs: 800, answerMs: 1_000 }),
  ];
  expect(new Set(firsts(routes, 50, true))).toEqual(new Set(['t']));
  expect(new Set(firsts(routes, 50, false))).toEqual(new Set(['w']));
});

test('routes that were never measured are tried first, each once a second', () => {
  const routes = [
    makeRoute({ name: 'k', answerMs: 10 }),
    makeRoute({ name: 'u', answerMs: null }),
    makeRoute({ name: 'v', answerMs: null }),
  ];
  const strategy = new LeastLatencyStrategy();
  const at = (nowMs: number): string => namesOf(strategy.order(routes, makeRequest({ nowMs }))).slice(0, 1);
  expect([at(0), at(0)]).toEqual(['u', 'v']);
  const between = Array.from({ length: 99 }, (_, index) => at(index * 10 + 1));
  // Both picks may be routes that were never measured; the one that was wins each pair it is in.
  expect(share(between, 'k')).toBeGreaterThan(0.5);
  expect([at(1_000), at(1_001)]).toEqual(['u', 'v']);
});

test('a route that answers nothing does not collect requests', () => {
  const routes = [makeRoute({ name: 'k', answerMs: 10 }), makeRoute({ name: 'x', inFlight: 2 })];
  expect(new Set(firsts(routes, 100))).toEqual(new Set(['k']));
});

test('a stall loses its traffic at once, and the route gets some again when it has calmed down', () => {
  const names = ['a', 'b'];
  const averages = names.map(() => new PeakEwma());
  const stallMs = [0, 0];
  let nowMs = 0;
  const facts: RouteFacts[] = names.map((name, index) => ({
    name,
    get answerMs() {
      return averages[index]?.value(nowMs) ?? null;
    },
  }));
  const routes = facts.map((fact) => makeRoute(fact));
  const strategy = new LeastLatencyStrategy();
  const random = seededRandom(5);
  const serve = (): string => {
    nowMs += 100;
    const [first] = strategy.order(routes, makeRequest({ random, nowMs }));
    const index = routes.findIndex((route) => route === first);
    averages[index]?.observe(300 + (stallMs[index] ?? 0), nowMs);
    return names[index] ?? '';
  };
  for (let request = 0; request < 600; request += 1) serve();
  stallMs[0] = 20_000;
  const stalled = Array.from({ length: 600 }, serve);
  expect(stalled.filter((name) => name === 'a').length).toBeLessThanOrEqual(2);
  stallMs[0] = 0;
  const calm = Array.from({ length: 6_000 }, serve);
  expect(share(calm.slice(-1_000), 'a')).toBeGreaterThan(0.1);
});
