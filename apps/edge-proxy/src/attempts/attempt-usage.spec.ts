import { NO_TOKENS } from '@sluice/contracts';
import { describe, expect, test } from 'vitest';
import { toAttemptUsage, type UsageFacts } from './attempt-usage.js';

const counted = { ...NO_TOKENS, input: 33, output: 1, cachedInput: 20 };
const reader = (
  change: Partial<{ isFinal: boolean; tokens: typeof counted | null; events: number }> = {},
) => ({
  tokens: () => (change.tokens === undefined ? counted : change.tokens),
  isUsageFinal: change.isFinal ?? true,
  contentEvents: change.events ?? 7,
});
const usageOf = (facts: Partial<UsageFacts>): unknown[] => {
  const { tokens, source } = toAttemptUsage({
    endpoint: 'messages',
    counted: null,
    reader: null,
    mayBeBilled: true,
    requestBytes: 400,
    answerBytes: 40,
    ...facts,
  });
  return [source, tokens.input, tokens.output, tokens.cachedInput];
};

describe("the provider's own count", () => {
  test('of an answer, or of a stream that was counted to its end, is taken as it is', () => {
    expect(usageOf({ counted })).toEqual(['provider', 33, 1, 20]);
    expect(usageOf({ reader: reader() })).toEqual(['provider', 33, 1, 20]);
    expect(usageOf({ reader: reader(), mayBeBilled: false }), 'even of a failure').toEqual([
      'provider',
      33,
      1,
      20,
    ]);
  });

  test('of the beginning of a stream is no count of what came out', () => {
    expect(usageOf({ reader: reader({ isFinal: false }) })).toEqual(['estimated', 33, 7, 20]);
    expect(usageOf({ reader: reader({ isFinal: false, events: 0 }) })).toEqual(['estimated', 33, 1, 20]);
    expect(usageOf({ reader: reader({ isFinal: false }), mayBeBilled: false })).toEqual(['none', 0, 0, 0]);
  });
});

describe('without a count', () => {
  test('four bytes are a token, and an event with content is one', () => {
    expect(usageOf({})).toEqual(['estimated', 100, 10, 0]);
    expect(usageOf({ reader: reader({ tokens: null }) })).toEqual(['estimated', 100, 7, 0]);
  });

  test('what cannot be billed costs nothing, nor does counting', () => {
    expect(usageOf({ mayBeBilled: false })).toEqual(['none', 0, 0, 0]);
    expect(usageOf({ endpoint: 'messages.count_tokens' })).toEqual(['none', 0, 0, 0]);
  });

  test('a long vector is no output', () => {
    expect(usageOf({ endpoint: 'embeddings' })).toEqual(['estimated', 100, 0, 0]);
  });
});
