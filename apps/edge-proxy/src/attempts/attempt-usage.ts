// Pure: what an attempt used when the provider did not say.
import { NO_TOKENS, type TokenCounts } from '@sluice/contracts';
import type { Endpoint } from '@sluice/providers';

/** Where tokens come from, and how many. */
export interface AttemptUsage {
  readonly tokens: TokenCounts;
  readonly source: 'provider' | 'estimated' | 'none';
}

/** What is known of an attempt that no provider counted to its end. */
export interface UsageFacts {
  readonly endpoint: Endpoint;
  /** As the provider began to count a stream; null when it did not. */
  readonly begun: TokenCounts | null;
  /** Events with content; null unless the answer was a stream. */
  readonly contentEvents: number | null;
  /** Whether something was answered, or cut off while it may have been: a refusal or garbage costs nothing. */
  readonly mayBeBilled: boolean;
  readonly requestBytes: number;
  readonly answerBytes: number;
}

/** An estimate of what may be billed. */
export function estimateUsage(facts: UsageFacts): AttemptUsage {
  const { endpoint, begun, contentEvents } = facts;
  // Counting tokens is free.
  if (!facts.mayBeBilled || endpoint === 'messages.count_tokens')
    return { tokens: NO_TOKENS, source: 'none' };
  if (begun !== null) {
    const output = Math.max(begun.output, contentEvents ?? 0);
    return { tokens: { ...begun, output }, source: 'estimated' };
  }
  const answered = contentEvents ?? toTokens(facts.answerBytes);
  // An embedding is long and has no output tokens.
  const output = endpoint === 'embeddings' ? 0 : answered;
  return { tokens: { ...NO_TOKENS, input: toTokens(facts.requestBytes), output }, source: 'estimated' };
}

/** A rule of thumb for text: four bytes a token. */
const toTokens = (bytes: number): number => Math.ceil(bytes / 4);
