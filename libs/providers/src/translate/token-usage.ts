import type { TokenCounts } from '@sluice/contracts';
import type { UnknownRecord } from './read-request.js';

/** OpenAI's `usage` for these counts. */
export const toChatUsage = (tokens: TokenCounts): UnknownRecord => ({
  prompt_tokens: tokens.input,
  completion_tokens: tokens.output,
  total_tokens: tokens.input + tokens.output,
  prompt_tokens_details: { cached_tokens: tokens.cachedInput, cache_write_tokens: tokens.cacheWrite },
  completion_tokens_details: { reasoning_tokens: tokens.reasoning },
});

/** Anthropic's `usage` for these counts; its input leaves out what the cache gave or took. */
export const toMessagesUsage = (tokens: TokenCounts): UnknownRecord => ({
  input_tokens: Math.max(0, tokens.input - tokens.cachedInput - tokens.cacheWrite),
  cache_creation_input_tokens: tokens.cacheWrite,
  cache_read_input_tokens: tokens.cachedInput,
  output_tokens: tokens.output,
  ...(tokens.reasoning > 0 ? { output_tokens_details: { thinking_tokens: tokens.reasoning } } : {}),
});
