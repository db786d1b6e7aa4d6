import type { BreakerFacts } from '@sluice/contracts';
import { expect, test } from 'vitest';
import { mergeBreakers } from './fleet-breakers.js';

const facts = (more: Partial<BreakerFacts>): BreakerFacts => ({
  provider: 'p',
  providerModel: 'm',
  state: 'closed',
  isForced: false,
  retryInMs: 0,
  coolingMs: 0,
  inFlight: 0,
  ...more,
});

test('what one worker sees open is shown open, with the longest waits and all calls', () => {
  const merged = mergeBreakers([
    facts({ inFlight: 2, coolingMs: 900 }),
    facts({ state: 'half-open', inFlight: 1 }),
    facts({ state: 'open', retryInMs: 4_000, coolingMs: 100, isForced: true }),
  ]);
  expect(merged).toEqual([
    facts({ state: 'open', retryInMs: 4_000, coolingMs: 900, isForced: true, inFlight: 3 }),
  ]);
});

test("breakers of other models and the provider's own stay apart", () => {
  const all = [
    facts({}),
    facts({ providerModel: null }),
    facts({ providerModel: 'n' }),
    facts({ provider: 'q' }),
  ];
  expect(mergeBreakers([...all, ...all])).toEqual(all);
});
