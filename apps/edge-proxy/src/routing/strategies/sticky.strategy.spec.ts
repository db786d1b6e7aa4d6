import { expect, test } from 'vitest';
import { makeRequest, makeRoutes, namesOf } from './__fixtures__/strategy-routes.js';
import { StickyStrategy } from './sticky.strategy.js';
import type { StrategyRoute } from './strategy.js';

const SESSIONS = Array.from({ length: 8_000 }, (_, index) => `session-${index}`);
const firstOf = (routes: readonly StrategyRoute[], stickyKey: string): string =>
  namesOf(new StickyStrategy().order(routes, makeRequest({ stickyKey }))).slice(0, 1);

const share = (names: readonly string[], name: string): number =>
  names.filter((one) => one === name).length / names.length;

test('a session stays where it is, in every process, whatever the order of the file', () => {
  const routes = makeRoutes({ a: 1, b: 1, c: 1 });
  const turned = routes.toReversed();
  for (const session of SESSIONS.slice(0, 500)) {
    expect(firstOf(routes, session)).toBe(firstOf(turned, session));
    expect(firstOf(routes, session)).toBe(firstOf(makeRoutes({ a: 1, b: 1, c: 1 }), session));
  }
});

test('sessions are shared by weight', () => {
  const routes = makeRoutes({ a: 3, b: 1 });
  const names = SESSIONS.map((session) => firstOf(routes, session));
  expect(Math.abs(share(names, 'a') - 0.75)).toBeLessThan(0.02);
});

test('when one of four routes goes, three quarters of the sessions stay, and the others come back with it', () => {
  const routes = makeRoutes({ a: 1, b: 1, c: 1, d: 1 });
  const without = routes.filter((_, index) => index !== 2);
  const before = SESSIONS.map((session) => firstOf(routes, session));
  const during = SESSIONS.map((session) => firstOf(without, session));
  const kept = before.filter((name, index) => name === during[index]);
  expect(kept.length).toBe(before.filter((name) => name !== 'c').length);
  expect(kept.length / SESSIONS.length).toBeGreaterThanOrEqual(3 / 4 - 0.02);
  const moved = during.filter((_, index) => before[index] === 'c');
  for (const name of ['a', 'b', 'd']) expect(Math.abs(share(moved, name) - 1 / 3)).toBeLessThan(0.05);
});

test('the second of the order is where the session goes when its route may not be called', () => {
  const routes = makeRoutes({ a: 1, b: 1, c: 1 });
  for (const stickyKey of SESSIONS.slice(0, 500)) {
    const order = namesOf(new StickyStrategy().order(routes, makeRequest({ stickyKey })));
    const rest = routes.filter((route) => namesOf([route]) !== order.slice(0, 1));
    expect(firstOf(rest, stickyKey)).toBe(order.slice(1, 2));
  }
});

test('a route of weight 0 has no sessions and comes last', () => {
  const routes = makeRoutes({ z: 0, a: 1, b: 1 });
  for (const stickyKey of SESSIONS.slice(0, 500)) {
    expect(namesOf(new StickyStrategy().order(routes, makeRequest({ stickyKey }))).slice(2)).toBe('z');
  }
});

test('requests without a session are spread by weight', () => {
  const strategy = new StickyStrategy();
  const routes = makeRoutes({ a: 3, b: 1 });
  const names = Array.from({ length: 8 }, () => namesOf(strategy.order(routes, makeRequest())).slice(0, 1));
  expect(names.join('')).toBe('aabaaaba');
});
