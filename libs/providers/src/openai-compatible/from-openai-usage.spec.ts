import { NO_TOKENS } from '@sluice/contracts';
import { describe, expect, test } from 'vitest';
import { findOpenAiUsage, fromOpenAiUsage } from './from-openai-usage.js';

const BASE = { prompt_tokens: 100, completion_tokens: 20, total_tokens: 120 };

describe('every shape of usage is counted, cached input inside the input, reasoning inside the output', () => {
  test.each<[string, object, object]>([
    ['plain', BASE, { input: 100, output: 20 }],
    [
      'OpenAI with details',
      {
        ...BASE,
        prompt_tokens_details: {
          cached_tokens: 64,
          cache_write_tokens: 16,
          audio_tokens: 3,
          image_tokens: 5,
        },
        completion_tokens_details: { reasoning_tokens: 12, audio_tokens: 4, accepted_prediction_tokens: 1 },
      },
      { input: 100, output: 20, cachedInput: 64, cacheWrite: 16, reasoning: 12, audio: 7, image: 5 },
    ],
    [
      'xAI: reasoning beside the completion',
      {
        prompt_tokens: 12,
        completion_tokens: 1,
        total_tokens: 241,
        completion_tokens_details: { reasoning_tokens: 228 },
        cost_in_usd_ticks: 1,
      },
      { input: 12, output: 229, reasoning: 228 },
    ],
    [
      'reasoning inside the completion stays there',
      { ...BASE, completion_tokens_details: { reasoning_tokens: 20 } },
      { input: 100, output: 20, reasoning: 20 },
    ],
    [
      'Perplexity: reasoning at the top',
      { ...BASE, reasoning_tokens: 7, cost: { total_cost: 0.1 } },
      { output: 20, reasoning: 7 },
    ],
    [
      'DeepSeek: hits and misses',
      { ...BASE, prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 36 },
      { input: 100, cachedInput: 64 },
    ],
    ['Moonshot: cached at the top', { ...BASE, cached_tokens: 10 }, { cachedInput: 10 }],
    ['Mistral: counted otherwise', { ...BASE, num_cached_tokens: 9 }, { cachedInput: 9 }],
    ['Groq: times beside the counts', { ...BASE, queue_time: 0.1, total_time: 0.2 }, { input: 100 }],
    ['embeddings: no completion', { prompt_tokens: 8, total_tokens: 8 }, { input: 8, output: 0 }],
    ['only a total', { total_tokens: 8 }, { input: 8, output: 0 }],
    [
      'nulls where details stand',
      { ...BASE, prompt_tokens_details: null, completion_tokens_details: null },
      {},
    ],
    [
      'details of a wrong kind',
      { ...BASE, prompt_tokens_details: [1], cached_tokens: '4' },
      { cachedInput: 0 },
    ],
  ])('%s', (_name, usage, tokens) => {
    expect(fromOpenAiUsage(usage)).toEqual({ ...NO_TOKENS, input: 100, output: 20, ...tokens });
  });

  test.each<[string, unknown]>([
    ['null', null],
    ['a list', [BASE]],
    ['empty', {}],
    ['all zero', { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }],
    ['negative', { prompt_tokens: -1, completion_tokens: -2 }],
    ['texts', { prompt_tokens: '1' }],
  ])('%s counts as not told', (_name, usage) => {
    expect(fromOpenAiUsage(usage)).toBe(null);
  });
});

describe('usage is found wherever a server puts it', () => {
  test.each<[string, unknown, number | undefined]>([
    ['at the top', { usage: BASE }, 100],
    ['in x_groq', { usage: null, x_groq: { usage: BASE } }, 100],
    ['in the first choice', { choices: [{ usage: BASE }] }, 100],
    ['at the top before elsewhere', { usage: BASE, choices: [{ usage: { prompt_tokens: 1 } }] }, 100],
    ['nowhere', { choices: [] }, undefined],
    ['in no document', 'usage', undefined],
  ])('%s', (_name, document, input) => {
    expect(findOpenAiUsage(document)?.input).toBe(input);
  });
});
