import { expect, test } from 'vitest';
import { compileWildcards, fillWildcard } from './model-wildcards.js';

test.each([
  ['claude-*', 'claude-sonnet', 'sonnet'],
  ['*-mini', 'gpt-4o-mini', 'gpt-4o'],
  ['ft:*:acme', 'ft:gpt-4o:acme', 'gpt-4o'],
  ['*', 'anything/at-all', 'anything/at-all'],
  ['a*a', 'aba', 'b'],
])('%s covers %s, and its star stands for %s', (pattern, name, star) => {
  expect(compileWildcards([pattern])(name)).toEqual({ pattern, star });
});

test.each([
  ['claude-*', 'claude-'],
  ['claude-*', 'Claude-sonnet'],
  ['a*a', 'aa'],
  ['a*a', 'a'],
  ['*', ''],
  ['a*', 'ba'],
])('%s does not cover %j', (pattern, name) => {
  expect(compileWildcards([pattern])(name)).toBeNull();
});

test('the longest fixed text wins, wherever it stands in the file', () => {
  const match = compileWildcards(['*', 'claude-*', '*-latest', 'claude-*-latest', 'claude-3']);
  expect(match('claude-3-latest')?.pattern).toBe('claude-*-latest');
  expect(match('claude-3')?.pattern).toBe('claude-*');
  expect(match('gpt-latest')?.pattern).toBe('*-latest');
  expect(match('gpt')?.pattern).toBe('*');
});

test('of equally long ones the first in the file wins', () => {
  expect(compileWildcards(['ab*c', 'a*bc'])('abxbc')?.pattern).toBe('ab*c');
  expect(compileWildcards(['a*bc', 'ab*c'])('abxbc')?.pattern).toBe('a*bc');
});

test('what the star stood for is put in as it is', () => {
  expect(fillWildcard('models/*-x', "$&$'$1")).toBe("models/$&$'$1-x");
  expect(fillWildcard('fixed', 'ignored')).toBe('fixed');
});
