import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NO_TOKENS, type TokenCounts } from '@sluice/contracts';
import { costUsdNanos } from './cost.js';

const tokens = (changes: Partial<TokenCounts>): TokenCounts => ({ ...NO_TOKENS, ...changes });
const PRICE = { input: 2.5, cachedInput: 1.25, cacheWrite: 3.125, output: 10 };

test.each<[string, Partial<TokenCounts>, number]>([
  ['nothing', {}, 0],
  ['a million input tokens at 2.5 USD', { input: 1_000_000 }, 2_500_000_000],
  ['one output token', { output: 1 }, 10_000],
  ['cached input is a part of the input', { input: 100, cachedInput: 40 }, 60 * 2500 + 40 * 1250],
  ['so is what was written to the cache', { input: 100, cacheWrite: 10 }, 90 * 2500 + 10 * 3125],
  ['more cached than input costs no negative money', { input: 10, cachedInput: 40 }, 40 * 1250],
  ['reasoning is inside the output', { output: 50, reasoning: 40 }, 500_000],
])('%s', (_, counts, nanos) => {
  expect(costUsdNanos(tokens(counts), PRICE)).toBe(nanos);
});

test('without a price of their own cached and written tokens cost what input costs', () => {
  const price = { input: 2, output: 0 };
  expect(costUsdNanos(tokens({ input: 100, cachedInput: 30, cacheWrite: 20 }), price)).toBe(200_000);
});

test('without a price the cost is 0', () => {
  expect(costUsdNanos(tokens({ input: 5, output: 5 }), undefined)).toBe(0);
});

test('prices below a nano-USD a token are rounded once, at the end', () => {
  expect(costUsdNanos(tokens({ input: 3 }), { input: 0.0005, output: 0 })).toBe(2);
  expect(costUsdNanos(tokens({ input: 3000 }), { input: 0.0001, output: 0 })).toBe(300);
});

test('whatever a provider counts, the cost is a whole number that survives JSON', () => {
  const count = fc.oneof(fc.nat(), fc.constant(Number.MAX_SAFE_INTEGER));
  fc.assert(
    fc.property(
      count,
      count,
      count,
      count,
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      (input, cachedInput, cacheWrite, output, unit) => {
        const cost = costUsdNanos(tokens({ input, cachedInput, cacheWrite, output }), {
          input: unit,
          output: unit,
        });
        expect(Number.isSafeInteger(cost) && cost >= 0).toBe(true);
      },
    ),
  );
});
