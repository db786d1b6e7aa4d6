import { expect, test } from 'vitest';
import { claudeTraits } from './claude-traits.js';

test.each([
  ['claude-2.1', 'both', 'none'],
  ['claude-3-haiku-20240307', 'both', 'none'],
  ['claude-3-5-sonnet-20241022', 'both', 'none'],
  ['claude-3-7-sonnet-latest', 'both', 'budget'],
  ['claude-sonnet-4-20250514', 'one', 'budget'],
  ['claude-opus-4-1-20250805', 'one', 'budget'],
  ['claude-haiku-4-5', 'one', 'budget'],
  ['anthropic/claude-opus-4.6', 'one', 'adaptive'],
  ['us.anthropic.claude-opus-4-6-v1:0', 'one', 'adaptive'],
  ['claude-opus-4-7', 'none', 'adaptive'],
  ['claude-fable-5', 'none', 'adaptive'],
  ['claude-sonnet-5-20270101', 'none', 'adaptive'],
  ['claude-latest', 'none', 'adaptive'],
  ['deepseek-chat', 'both', 'budget'],
  ['', 'both', 'budget'],
])('%s: sampling %s, thinking %s', (model, sampling, thinking) => {
  expect(claudeTraits(model)).toMatchObject({ sampling, thinking });
});

test('structured output is asked of the models that have it', () => {
  const having = [
    'claude-sonnet-4-0',
    'claude-opus-4-1-20250805',
    'claude-haiku-4-5',
    'claude-fable-5',
    'kimi',
  ];
  expect(having.map((model) => claudeTraits(model).structured)).toEqual([false, true, true, true, false]);
});
