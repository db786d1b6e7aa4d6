// Files made of settings that are each right, on an edge or wrong, in any combination.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { load } from './__fixtures__/load-text.js';
import type { GatewayConfig } from './gateway-config.js';
import { compileWildcards, fillWildcard } from './model-wildcards.js';

const DURATIONS = ['1ms', '0s', '-1s', '5s', '6m', '24d', '25d', 'x', 5, null];
const COUNTS = [0, 1, 2, 5, 128, 1e7, -1, 1.5, '3', null, 'auto'];
const RATIOS = [0, 0.5, 1, 1.5, -1, 'x'];
const NAMES = ['m', 'n', 'o', 'n-*', '*', 'a*b', 'a', 'b', 'n-1', 'p/x', 'zz', 'x*y*z', '', 'a b'];
const PROVIDERS = ['p', 'q', 'nobody'];
const STRATEGIES = ['priority', 'weighted', 'lowest-cost', 'sticky', 'fastest'];

const oneOf = (values: readonly unknown[]): fc.Arbitrary<unknown> => fc.constantFrom(...values);
/** A section in which each field may be there. */
const some = (fields: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<object> =>
  fc.record(fields, { requiredKeys: [] });

const route = fc.record(
  {
    provider: oneOf(PROVIDERS),
    model: oneOf(['x', 'y-*', '*', '*-*', '']),
    weight: oneOf([0, 0, 1, 3, -1]),
    price: oneOf([{ input: 1, output: 2 }, { input: -1 }, 'x']),
  },
  { requiredKeys: ['provider', 'model'] },
);
const timeouts = some({
  connect: oneOf(DURATIONS),
  firstToken: oneOf(DURATIONS),
  idle: oneOf(DURATIONS),
  total: oneOf(DURATIONS),
});
const model = fc.record(
  {
    routes: fc.array(route, { minLength: 0, maxLength: 3 }),
    strategy: oneOf(STRATEGIES),
    fallbacks: fc.array(oneOf(NAMES), { maxLength: 2 }),
    fallbacksOn: some({ contextWindow: oneOf(NAMES), contentPolicy: oneOf(NAMES) }),
    contextWindow: oneOf(COUNTS),
    maxTokens: oneOf(COUNTS),
    timeouts,
  },
  { requiredKeys: ['routes'] },
);
const file = fc.record(
  {
    server: some({
      workers: oneOf(COUNTS),
      maxConcurrency: oneOf(COUNTS),
      shutdownGrace: oneOf(DURATIONS),
      cors: some({ origins: oneOf([['*'], [], 'x']), maxAge: oneOf(DURATIONS) }),
    }),
    providers: fc.constantFrom(
      { p: { type: 'openai', apiKey: 'k' }, q: { type: 'anthropic', apiKey: 'k', maxConcurrency: 2 } },
      { p: { type: 'openai', apiKey: 'k', maxConcurrency: 0, queueTimeout: '-1s' } },
      {},
    ),
    models: fc.dictionary(fc.constantFrom(...NAMES), model, { maxKeys: 5 }),
    aliases: fc.dictionary(fc.constantFrom(...NAMES), oneOf(NAMES), { maxKeys: 3 }),
    retry: some({
      maxAttempts: oneOf(COUNTS),
      initialBackoff: oneOf(DURATIONS),
      maxBackoff: oneOf(DURATIONS),
      multiplier: oneOf(RATIOS),
      jitter: oneOf(['full', 'none', 'x']),
      budgetRatio: oneOf(RATIOS),
      maxRetryAfterWait: oneOf(DURATIONS),
    }),
    circuitBreaker: some({
      consecutiveFailures: oneOf(COUNTS),
      failureRatio: oneOf(RATIOS),
      minRequests: oneOf(COUNTS),
      window: oneOf(DURATIONS),
      openFor: oneOf(DURATIONS),
      maxOpenFor: oneOf(DURATIONS),
      halfOpenProbes: oneOf(COUNTS),
    }),
    timeouts,
    prices: fc.dictionary(fc.constantFrom('x', 'y-1'), fc.constant({ input: 1, output: 1 }), { maxKeys: 2 }),
  },
  { requiredKeys: ['providers', 'models'] },
);

const LATER: Readonly<Record<string, string>> = { m: 'n', n: 'b', 'n-*': 'm', '*': 'n-9', 'a*b': 'n' };

/** The same with few mistakes, so that many are taken. */
const likely = fc
  .record({
    m: fc.boolean(),
    wildcards: fc.uniqueArray(fc.constantFrom('n-*', '*', 'a*b'), { minLength: 1 }),
    routes: fc.array(fc.record({ provider: fc.constantFrom('p', 'q'), model: fc.constantFrom('x', 'y') }), {
      minLength: 1,
      maxLength: 2,
    }),
    model: some({
      strategy: fc.constantFrom('weighted', 'lowest-cost', 'sticky'),
      fallbacks: fc.array(fc.constantFrom('next', 'next', 'n-1', 'axb', 'o'), { maxLength: 2 }),
      fallbacksOn: some({ contextWindow: fc.constantFrom('next', 'o', 'n') }),
    }),
    alias: fc.constantFrom('o', 'n-2', 'm'),
  })
  .map(({ m, wildcards, routes, model: fields, alias }) => {
    const names = ['n', 'o', ...(m ? ['m'] : []), ...wildcards];
    const named = (name: string): unknown =>
      JSON.parse(
        JSON.stringify({ routes, ...fields }).replaceAll('"next"', JSON.stringify(LATER[name] ?? 'b')),
      );
    return {
      providers: { p: { type: 'openai', apiKey: 'k' }, q: { type: 'openai', apiKey: 'k' } },
      prices: { x: { input: 1, output: 1 } },
      models: Object.fromEntries(names.map((name) => [name, name === 'o' ? { routes } : named(name)])),
      aliases: { b: alias },
    };
  });

/** What whoever takes the config relies on. */
function expectPossible(config: GatewayConfig): void {
  const wildcard = compileWildcards(config.models.keys());
  const entryOf = (name: string): string | undefined =>
    config.models.has(name) && !name.includes('*') ? name : wildcard(name)?.pattern;
  const next = new Map<string, string[]>();
  for (const { name, routes, fallbacks, fallbacksOn } of config.models.values()) {
    expect(routes.some(({ weight }) => weight > 0)).toBe(true);
    for (const { provider, model: upstream } of routes) {
      expect(config.providers.has(provider)).toBe(true);
      expect(name.includes('*') ? fillWildcard(upstream, '1') : upstream).not.toContain('*');
    }
    const targets = [...fallbacks, ...Object.values(fallbacksOn)];
    next.set(
      name,
      targets.map((target) => {
        const entry = entryOf(config.aliases.get(target) ?? target);
        if (entry === undefined) throw new Error('a fallback to nobody');
        return entry;
      }),
    );
  }
  for (const target of config.aliases.values()) expect(entryOf(target)).toBeTypeOf('string');
  for (const start of next.keys()) {
    let reached = new Set(next.get(start));
    for (let step = 0; step <= next.size; step += 1) {
      expect(reached.has(start)).toBe(false);
      reached = new Set([...reached].flatMap((name) => next.get(name) ?? []));
    }
  }
}

function isTaken(value: object): boolean {
  const result = load(stringify(value, { aliasDuplicateObjects: false }));
  if (result.ok) {
    expectPossible(result.config);
    return true;
  }
  expect(result.problems.length).toBeGreaterThan(0);
  for (const { line, message } of result.problems) {
    expect(line).toBeGreaterThan(0);
    expect(message).not.toBe('');
  }
  return false;
}

test('any combination of settings gives a config that can act, or a list of mistakes', () => {
  fc.assert(
    fc.property(file, (value) => {
      isTaken(value);
    }),
    { numRuns: 500 },
  );
});

test('whatever is taken has no dead ends and no loops', () => {
  let taken = 0;
  fc.assert(
    fc.property(likely, (value) => {
      if (isTaken(value)) taken += 1;
    }),
    { numRuns: 500 },
  );
  // Or the property says nothing.
  expect(taken).toBeGreaterThan(50);
});
