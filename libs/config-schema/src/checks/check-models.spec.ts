import { describe, expect, it } from 'vitest';
import { models, rest, route } from '../__fixtures__/config-texts.js';
import { configOf, problemsOf } from '../__fixtures__/load-text.js';

describe('impossible wildcards, aliases and fallbacks are refused with their place', () => {
  it.each([
    [
      'a model name with two stars',
      models(`{ "m*n*": { routes: [${route}] } }`),
      'models.m*n*',
      'at most one "*"',
    ],
    [
      'two stars in a route',
      models('{ "m-*": { routes: [{ provider: openai, model: "*-*" }] } }'),
      'models.m-*.routes[0].model',
      'more than one "*"',
    ],
    [
      'a star in a route without one in the name',
      models('{ m: { routes: [{ provider: openai, model: "x-*" }] } }'),
      'models.m.routes[0].model',
      'the name of this model has none',
    ],
    ['an alias with a star', rest('aliases: { "a*": big }'), 'aliases.a*', 'without blanks and "*"'],
    [
      'an alias to the text of a wildcard',
      `${models(`{ "m-*": { routes: [${route}] } }`)}aliases: { a: "m-*" }`,
      'aliases.a',
      'has a "*" in it',
    ],
    [
      'an alias to a name that no wildcard covers',
      `${models(`{ "m-*": { routes: [${route}] } }`)}aliases: { a: n-1 }`,
      'aliases.a',
      'names no model',
    ],
    [
      'a fallback to the text of a wildcard',
      models(`{ m: { routes: [${route}], fallbacks: ["n-*"] }, "n-*": { routes: [${route}] } }`),
      'models.m.fallbacks[0]',
      'has a "*" in it',
    ],
    [
      'a wildcard that falls back to a name of its own',
      models(`{ "n-*": { routes: [${route}], fallbacks: [n-1] } }`),
      'models.n-*.fallbacks[0]',
      '(n-* → n-*)',
    ],
    [
      'a loop of fallbacks through a wildcard and an alias',
      `${models(`{ m: { routes: [${route}], fallbacks: [a] }, "n-*": { routes: [${route}], fallbacks: [m] } }`)}aliases: { a: n-1 }`,
      'models.n-*.fallbacks[0]',
      '(m → n-* → m)',
    ],
    [
      'a loop of fallbacks of two kinds',
      models(
        `{ a: { routes: [${route}], fallbacks: [b] }, b: { routes: [${route}], fallbacksOn: { contextWindow: a } } }`,
      ),
      'models.b.fallbacksOn.contextWindow',
      '(a → b → a)',
    ],
    [
      'lowest cost of a wildcard without a price that could fit',
      `${models('{ "m-*": { strategy: lowest-cost, routes: [{ provider: openai, model: "m-*" }] } }')}prices: { n: { input: 1, output: 1 } }`,
      'models.m-*.strategy',
      'no route of this model has a price',
    ],
  ])('%s', (_, text, path, sentence) => {
    const problems = problemsOf(text);
    expect(problems.map((problem) => problem.path)).toEqual([path]);
    expect(problems[0]!.message).toContain(sentence);
    expect(problems[0]!.line).toBeGreaterThan(0);
  });
});

describe('possible ones are not refused', () => {
  it.each([
    [
      'an alias and a fallback to what a wildcard covers',
      `${models(`{ m: { routes: [${route}], fallbacks: [n-1] }, "n-*": { routes: [${route}] } }`)}aliases: { a: n-2 }`,
    ],
    [
      'a wildcard that falls back to a name with an entry of its own',
      models(`{ "n-*": { routes: [${route}], fallbacks: [n-1] }, n-1: { routes: [${route}] } }`),
    ],
    [
      'a wildcard of everything, and one with all its routes to one model',
      models(`{ "*": { routes: [{ provider: openai, model: "*" }] }, "n-*": { routes: [${route}] } }`),
    ],
    [
      'lowest cost of a wildcard with a price that could fit',
      `${models('{ "m-*": { strategy: lowest-cost, routes: [{ provider: openai, model: "m-*" }] } }')}prices: { m-1: { input: 1, output: 1 } }`,
    ],
  ])('%s', (_, text) => {
    expect(configOf(text).models.size).toBeGreaterThan(0);
  });
});
