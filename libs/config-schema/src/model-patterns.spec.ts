import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileModelPatterns, matchesModelPattern } from './model-patterns.js';

describe('model patterns', () => {
  it.each([
    ['gpt-4o', 'gpt-4o', true],
    ['gpt-4o', 'gpt-4o-mini', false],
    ['gpt-4o-*', 'gpt-4o-mini', true],
    ['gpt-4o-*', 'gpt-4o', false],
    ['*', 'anything', true],
    ['*', 'openai/gpt-4o', false],
    ['gpt*', 'gpt/4o', false],
    ['openai/*', 'openai/gpt-4o', true],
    ['*/*', 'openai/gpt-4o', true],
    ['openai/*', 'lab/gpt-4o', false],
    ['*/gpt-4o', 'openai/gpt-4o', true],
    ['openai/*', 'openai', false],
    ['a*b*c', 'aXbYc', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['**', 'x', true],
    ['a.c', 'abc', false],
    ['GPT', 'gpt', false],
    ['', '', true],
    ['', 'x', false],
  ])('%s covers %s: %s', (pattern, name, expected) => {
    expect(matchesModelPattern(pattern, name)).toBe(expected);
  });

  it('agree with the textbook definition', () => {
    const piece = fc.constantFrom('a', 'b', '*', '/');
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 7 }),
        fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 8 }),
        (left, right) => {
          const [pattern, name] = [left.join(''), right.join('')];
          const slashRule = !name.includes('/') || pattern.includes('/');
          const expected = slashRule && new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name);
          expect(matchesModelPattern(pattern, name)).toBe(expected);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it('take no longer for a pattern made to be slow', () => {
    const started = performance.now();
    expect(matchesModelPattern('*a'.repeat(128), `${'a'.repeat(100_000)}b`)).toBe(false);
    // A backtracking matcher would not come back; the bound is generous for a busy machine.
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('of a key match the alias as asked or the model it leads to', () => {
    const mayUse = compileModelPatterns(['fast', 'gpt-4o-*']);
    expect(mayUse('fast', 'llama')).toBe(true);
    expect(mayUse('default', 'gpt-4o-mini')).toBe(true);
    expect(mayUse('default', 'gpt-4o')).toBe(false);
    expect(compileModelPatterns([])('x', 'x')).toBe(false);
  });

  it('of a key give the form provider/model only by a pattern that has a slash', () => {
    expect(compileModelPatterns(['*'])('openai/gpt-4o', 'openai/gpt-4o')).toBe(false);
    expect(compileModelPatterns(['openai/*'])('openai/gpt-4o', 'openai/gpt-4o')).toBe(true);
  });
});
