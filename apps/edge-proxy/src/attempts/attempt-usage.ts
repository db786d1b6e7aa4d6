// Pure: what an attempt used, as well as it is known.
import { NO_TOKENS, type TokenCounts } from '@sluice/contracts';
import type { Endpoint, StreamReader } from '@sluice/providers';

/** Where tokens come from, and how many. */
export interface AttemptUsage {
  readonly tokens: TokenCounts;
  readonly source: 'provider' | 'estimated' | 'none';
}

/** What is known of an attempt. */
export interface UsageFacts {
  readonly endpoint: Endpoint;
  /** As the provider counted a whole answer; null when it did not, or when there is none. */
  readonly counted: TokenCounts | null;
  /** Null unless the answer was a stream. */
  readonly reader: Pick<StreamReader, 'tokens' | 'isUsageFinal' | 'contentEvents'> | null;
  /** Whether something was answered, or cut off while it may have been: a refusal or garbage costs nothing. */
  readonly mayBeBilled: boolean;
  readonly requestBytes: number;
  readonly answerBytes: number;
}

/** The provider's own count where it came to its end, else an estimate of what may be billed. */
export function toAttemptUsage(facts: UsageFacts): AttemptUsage {
  const { endpoint, reader, counted } = facts;
  const known = counted ?? reader?.tokens() ?? null;
  if (known !== null && (reader === null || reader.isUsageFinal))
    return { tokens: known, source: 'provider' };
  // Counting tokens is free.
  if (!facts.mayBeBilled || endpoint === 'messages.count_tokens')
    return { tokens: NO_TOKENS, source: 'none' };
  if (known !== null) {
    const output = Math.max(known.output, reader?.contentEvents ?? 0);
    return { tokens: { ...known, output }, source: 'estimated' };
  }
  const answered = reader === null ? toTokens(facts.answerBytes) : reader.contentEvents;
  // An embedding is long and has no output tokens.
  const output = endpoint === 'embeddings' ? 0 : answered;
  return { tokens: { ...NO_TOKENS, input: toTokens(facts.requestBytes), output }, source: 'estimated' };
}

/** A rule of thumb for text when no provider counted: four bytes a token. */
const toTokens = (bytes: number): number => Math.ceil(bytes / 4);
