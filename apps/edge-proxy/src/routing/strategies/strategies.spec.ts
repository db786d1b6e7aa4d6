import { ROUTING_STRATEGIES } from '@sluice/config-schema';
import { seededRandom } from '@sluice/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeRequest, makeRoute, makeRoutes, namesOf } from './__fixtures__/strategy-routes.js';
import { STRATEGIES } from './index.js';

const maybeMs = fc.option(fc.nat(100_000));
const facts = fc.record({
  weight: fc.nat(5),
  inFlight: fc.nat(9),
  firstTokenMs: maybeMs,
  answerMs: maybeMs,
  costUsdNanos: fc.option(fc.nat(1e9)),
});
const routesOf = fc
  .array(facts, { minLength: 2, maxLength: 8 })
  .map((all) => all.map((one, index) => makeRoute({ name: String(index), ...one })));
const requests = fc.array(
  fc.record({
    stream: fc.boolean(),
    stickyKey: fc.option(fc.string()),
    afterMs: fc.nat(2_000),
    /** Which routes are eligible, a bit each. */
    eligible: fc.nat(255),
  }),
  { minLength: 1, maxLength: 30 },
);

describe.each(ROUTING_STRATEGIES)('%s', (name) => {
  test('a dry run says the next order and changes none: what comes is as if nobody had asked', () => {
    const routes = makeRoutes({ a: 3, b: 2, c: 1 });
    const [asked, plain] = [STRATEGIES[name](), STRATEGIES[name]()];
    for (let turn = 0; turn < 20; turn += 1) {
      const nowMs = turn * 100;
      const told = asked.order(routes, makeRequest({ nowMs, random: () => 0.3, isDryRun: true }));
      const live = makeRequest({ nowMs, random: () => 0.3 });
      const given = asked.order(routes, live);
      expect(namesOf(told)).toBe(namesOf(given));
      expect(namesOf(given)).toBe(namesOf(plain.order(routes, live)));
    }
  });

  test('permutes: whatever is eligible from request to request, it drops nothing, adds nothing, changes nothing', () => {
    fc.assert(
      fc.property(routesOf, requests, fc.nat(), (routes, asked, seed) => {
        const strategy = STRATEGIES[name]();
        const random = seededRandom(seed);
        let nowMs = 0;
        for (const { stream, stickyKey, afterMs, eligible } of asked) {
          nowMs += afterMs;
          const chosen = routes.filter((_, index) => (eligible >> index) % 2 === 1);
          const given = chosen.length < 2 ? routes : chosen;
          const before = [...given];
          const ordered = strategy.order(given, { stream, stickyKey, random, nowMs, isDryRun: false });
          expect(given).toEqual(before);
          expect(ordered).toHaveLength(given.length);
          expect(new Set(ordered)).toEqual(new Set(given));
        }
      }),
    );
  });

  test('models do not share its counters', () => {
    const routes = ['a', 'b', 'c'].map((route) => makeRoute({ name: route, answerMs: 1 }));
    const alone = STRATEGIES[name]();
    const first = STRATEGIES[name]();
    const other = STRATEGIES[name]();
    for (let count = 0; count < 20; count += 1) {
      other.order(routes, makeRequest());
      const request = { nowMs: count * 10 };
      expect(first.order(routes, makeRequest(request))).toEqual(alone.order(routes, makeRequest(request)));
    }
  });
});

test('priority keeps the order of the file', () => {
  const routes = ['c', 'a', 'b'].map((name) => makeRoute({ name, weight: 9 }));
  expect(STRATEGIES.priority().order(routes, makeRequest())).toEqual(routes);
});
