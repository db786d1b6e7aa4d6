import { expect, test } from 'vitest';
import { makeTestGeneration } from '../__fixtures__/test-generation.js';
import type { Caller } from '../access/caller.js';
import { compileModelPatterns } from '@sluice/config-schema';
import type { PreparedModel } from '../control/config-generation.js';
import { findModel } from './find-model.js';

const sections = {
  providers: {
    a: { type: 'openai', apiKey: 'provider-key-a' },
    b: { type: 'openai', apiKey: 'provider-key-b' },
  },
  models: {
    m: { routes: [{ provider: 'b', model: 'x' }] },
    'claude-*': {
      strategy: 'weighted',
      timeouts: { idle: '7s' },
      fallbacks: ['gpt-4'],
      routes: [
        { provider: 'a', model: 'vendor/claude-*', weight: 3 },
        { provider: 'b', model: 'fixed', price: { input: 3, output: 4 } },
      ],
    },
    'claude-3': { routes: [{ provider: 'a', model: 'exact' }] },
    'claude-*-latest': { routes: [{ provider: 'b', model: 'late-*' }] },
    'gpt-*': { routes: [{ provider: 'b', model: 'gpt-*' }] },
    'b/own': { routes: [{ provider: 'a', model: 'listed' }] },
  },
  aliases: { nick: 'm', nicker: 'nick', covered: 'claude-9' },
  prices: { 'vendor/claude-2': { input: 1, output: 2 }, z: { input: 5, output: 6 } },
  timeouts: { total: '9s' },
};
const generation = await makeTestGeneration(sections);
const caller = (...patterns: string[]): Caller => ({
  keyId: 'k',
  keyName: 'k',
  teamId: 't',
  expiresAtMs: Infinity,
  mayUse: compileModelPatterns(patterns),
  json: '',
});
const routesOf = (model: PreparedModel): string[] =>
  model.routes['chat.completions'].map(({ provider, providerModel }) => `${provider.name}: ${providerModel}`);

test('an alias, and an alias of an alias, is its model', () => {
  for (const name of ['nick', 'nicker']) {
    expect(findModel(generation, name, caller('m')).config.name).toBe('m');
    expect(findModel(generation, name, caller(name)).config.name).toBe('m');
  }
});

test.each([
  ['unknown', 'model_not_found'],
  ['__proto__', 'model_not_found'],
  ['toString', 'model_not_found'],
  ['', 'model_not_found'],
  ['M', 'model_not_found'],
  ['claude-', 'model_not_found'],
  ['claude-*', 'model_not_found'],
  ['claude-a b', 'model_not_found'],
  ['claude-a\n', 'model_not_found'],
  [`claude-${'x'.repeat(250)}`, 'model_not_found'],
  ['nobody/x', 'model_not_found'],
  ['a/', 'model_not_found'],
  ['/x', 'model_not_found'],
  ['a/x*', 'model_not_found'],
  ['claude-3', 'model_not_allowed'],
  ['claude-2', 'model_not_allowed'],
  ['a/x', 'model_not_allowed'],
])('%j: %s, with the name in the message', (name, code) => {
  expect(() => findModel(generation, name, caller('m'))).toThrow(
    expect.objectContaining({
      code,
      param: 'model',
      message: expect.stringContaining(JSON.stringify(name.slice(0, 128)).slice(1, -1)) as string,
    }) as Error,
  );
});

test('a name that is too long, or would break a line, is shown cut and quoted', () => {
  expect(() => findModel(generation, 'x'.repeat(5000), caller())).toThrow(/^.{0,300}$/);
  expect(() => findModel(generation, 'a\nb', caller())).toThrow(/"a\\nb"/);
});

test('the exact name wins over the wildcard, and the longest wildcard over the others', () => {
  const all = caller('*');
  expect(routesOf(findModel(generation, 'claude-3', all))).toEqual(['a: exact']);
  expect(routesOf(findModel(generation, 'claude-2', all))).toEqual(['a: vendor/claude-2', 'b: fixed']);
  expect(routesOf(findModel(generation, 'claude-2-latest', all))).toEqual(['b: late-2']);
});

test('a model behind a wildcard has the name that was asked for, and the rest from its entry', () => {
  const { config, routes } = findModel(generation, 'claude-2', caller('*'));
  expect(config).toMatchObject({ name: 'claude-2', strategy: 'weighted', fallbacks: ['gpt-4'] });
  expect(config.timeouts).toMatchObject({ idleMs: 7_000, totalMs: 9_000 });
  expect(routes.messages.map(({ weight, price }) => ({ weight, price }))).toEqual([
    { weight: 3, price: { input: 1, output: 2 } },
    { weight: 1, price: { input: 3, output: 4 } },
  ]);
});

test('an alias may stand for a model behind a wildcard', () => {
  const model = findModel(generation, 'covered', caller('covered'));
  expect(model.config.name).toBe('claude-9');
  expect(routesOf(model)).toEqual(['a: vendor/claude-9', 'b: fixed']);
  expect(findModel(generation, 'covered', caller('claude-9'))).toBe(model);
});

test('a key may use a model behind a wildcard by its pattern or by the name', () => {
  for (const pattern of ['claude-*', 'claude-2', '*']) {
    expect(findModel(generation, 'claude-2', caller(pattern)).config.name).toBe('claude-2');
  }
});

test('provider/model is that model of that provider, with the defaults of a model and the price of the list', () => {
  const model = findModel(generation, 'a/z', caller('a/*'));
  const { config, routes } = model;
  expect(routesOf(model)).toEqual(['a: z']);
  expect(config).toMatchObject({ name: 'a/z', strategy: 'priority', fallbacks: [], singleFlight: false });
  expect(config.timeouts).toEqual(generation.config.timeouts);
  expect(routes['chat.completions'][0]?.price).toEqual({ input: 5, output: 6 });
});

test('the first slash ends the name of the provider', () => {
  expect(routesOf(findModel(generation, 'a/meta/llama', caller('a/*')))).toEqual(['a: meta/llama']);
});

test('provider/model needs a pattern with a slash', () => {
  for (const pattern of ['*', 'a*', '*z']) {
    expect(() => findModel(generation, 'a/z', caller(pattern))).toThrow(
      expect.objectContaining({ code: 'model_not_allowed' }) as Error,
    );
  }
  for (const pattern of ['a/z', 'a/*', '*/*', '*/z']) {
    expect(findModel(generation, 'a/z', caller(pattern)).config.name).toBe('a/z');
  }
});

test('a model of the file, and a wildcard, with such a name win over provider/model', async () => {
  expect(routesOf(findModel(generation, 'b/own', caller('*/*')))).toEqual(['a: listed']);
  const everything = await makeTestGeneration({
    ...sections,
    models: { '*': { routes: [{ provider: 'b', model: '*' }] }, 'gpt-4': sections.models.m },
    aliases: {},
  });
  expect(routesOf(findModel(everything, 'a/z', caller('*/*')))).toEqual(['b: a/z']);
  expect(() => findModel(everything, 'a/z', caller('*'))).toThrow(/may not use/);
});

test('a made model is made once, and one that was dropped comes back', async () => {
  const other = await makeTestGeneration(sections);
  const all = caller('*');
  const first = findModel(other, 'gpt-first', all);
  expect(findModel(other, 'gpt-first', all)).toBe(first);
  for (let index = 0; index < 2_000; index += 1) findModel(other, `gpt-${index}`, all);
  expect(routesOf(findModel(other, 'gpt-first', all))).toEqual(['b: gpt-first']);
});

test('a million names grow nothing: no more than 1,000 models are kept, and none for who may not use it', async () => {
  const other = await makeTestGeneration(sections);
  const narrow = caller('m');
  for (let index = 0; index < 1_000; index += 1) {
    expect(() => findModel(other, `gpt-${index}`, narrow)).toThrow(/may not use/);
    expect(() => findModel(other, `unknown-${index}`, caller('*'))).toThrow(/does not exist/);
  }
  expect(other.catalog.madeCount).toBe(1); // what the alias stands for
  // Every thousandth of the million is enough to see the bound hold.
  for (let index = 0; index < 5_000; index += 1) findModel(other, `gpt-${index}`, caller('*'));
  expect(other.catalog.madeCount).toBeLessThanOrEqual(1_000);
  expect(other.catalog.madeCount).toBeGreaterThanOrEqual(500);
});

test('fallbacks find their models without a caller, behind a wildcard too', () => {
  expect(generation.catalog.named('nick')?.config.name).toBe('m');
  expect(generation.catalog.named('gpt-4')?.config.name).toBe('gpt-4');
  expect(generation.catalog.named('a/never-asked')).toBeUndefined();
});
