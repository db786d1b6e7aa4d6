import { expect, test } from 'vitest';
import { makeTestGeneration } from '../__fixtures__/test-generation.js';
import type { Caller } from '../access/caller.js';
import { findModel } from './find-model.js';
import { planRoutes } from './route-planner.js';

const generation = await makeTestGeneration({
  providers: {
    a: { type: 'openai', apiKey: 'provider-key-a' },
    b: { type: 'openai', apiKey: 'provider-key-b' },
  },
  models: {
    m: {
      routes: [
        { provider: 'b', model: 'x' },
        { provider: 'a', model: 'y' },
        { provider: 'b', model: 'z' },
      ],
    },
    other: { routes: [{ provider: 'a', model: 'o' }] },
  },
  aliases: { nick: 'm', nicker: 'nick' },
});
const caller = (...names: string[]): Caller => ({
  keyId: 'k',
  keyName: 'k',
  teamId: 't',
  expiresAtMs: Infinity,
  mayUse: (asked, resolved) => names.includes(asked) || names.includes(resolved),
  json: '',
});

test('routes are tried in the order of the file', () => {
  const model = findModel(generation, 'm', caller('m'));
  expect(
    planRoutes(model, 'chat.completions').map(
      ({ provider, providerModel }) => `${provider.name}/${providerModel}`,
    ),
  ).toEqual(['b/x', 'a/y', 'b/z']);
});

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
  ['other', 'model_not_allowed'],
])('%j: %s, with the name in the message', (name, code) => {
  expect(() => findModel(generation, name, caller('m'))).toThrow(
    expect.objectContaining({
      code,
      param: 'model',
      message: expect.stringContaining(JSON.stringify(name)) as string,
    }) as Error,
  );
});

test('a name that is too long, or would break a line, is shown cut and quoted', () => {
  expect(() => findModel(generation, 'x'.repeat(5000), caller())).toThrow(/^.{0,300}$/);
  expect(() => findModel(generation, 'a\nb', caller())).toThrow(/"a\\nb"/);
});
