import { NO_TOKENS } from '@sluice/contracts';
import { describe, expect, test } from 'vitest';
import { estimateUsage, type UsageFacts } from './attempt-usage.js';

const begun = { ...NO_TOKENS, input: 33, output: 1, cachedInput: 20 };
const usageOf = (facts: Partial<UsageFacts>): unknown[] => {
  const { tokens, source } = estimateUsage({
    endpoint: 'messages',
    begun: null,
    contentEvents: null,
    mayBeBilled: true,
    requestBytes: 400,
    answerBytes: 40,
    ...facts,
  });
  return [source, tokens.input, tokens.output, tokens.cachedInput];
};

test('what went in is the provider’s count, what came out is not: it had only begun to count', () => {
  expect(usageOf({ begun, contentEvents: 7 })).toEqual(['estimated', 33, 7, 20]);
  expect(usageOf({ begun, contentEvents: 0 })).toEqual(['estimated', 33, 1, 20]);
});

describe('without any count', () => {
  test('four bytes are a token, and an event with content is one', () => {
    expect(usageOf({})).toEqual(['estimated', 100, 10, 0]);
    expect(usageOf({ contentEvents: 7 })).toEqual(['estimated', 100, 7, 0]);
  });

  test('a long vector is no output', () => {
    expect(usageOf({ endpoint: 'embeddings' })).toEqual(['estimated', 100, 0, 0]);
  });
});

test('what cannot be billed costs nothing, nor does counting', () => {
  expect(usageOf({ mayBeBilled: false })).toEqual(['none', 0, 0, 0]);
  expect(usageOf({ begun, contentEvents: 7, mayBeBilled: false })).toEqual(['none', 0, 0, 0]);
  expect(usageOf({ endpoint: 'messages.count_tokens' })).toEqual(['none', 0, 0, 0]);
});
