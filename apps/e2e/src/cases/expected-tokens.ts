// Token counts that an event must have, read from the recorded usage by the vendors' documentation.
import type { TokenCounts } from '@sluice/contracts';
import { isRecord, readStream } from './expected-answer.js';
import type { JsonRecord, RecordedCase } from './recorded-case.js';

type MainCounts = Pick<TokenCounts, 'input' | 'output' | 'cachedInput' | 'reasoning'>;

/** Null when the recording holds no usage. */
export function expectedTokens(recorded: RecordedCase): MainCounts | null {
  const usage = recorded.stream
    ? readStream(recorded.upstream.body)
        .map((event) => usageOf(event.json))
        .findLast((found) => found !== null)
    : usageOf(JSON.parse(recorded.upstream.body));
  return usage === undefined || usage === null ? null : countsOf(usage, recorded);
}

/** At the top, in `x_groq`, or in the first choice. */
function usageOf(document: unknown): JsonRecord | null {
  if (!isRecord(document)) return null;
  const groq = document['x_groq'];
  const choices = document['choices'];
  const first: unknown = Array.isArray(choices) ? choices[0] : null;
  const places = [
    document['usage'],
    isRecord(groq) ? groq['usage'] : null,
    isRecord(first) ? first['usage'] : null,
  ];
  return places.find(isRecord) ?? null;
}

function countsOf(usage: JsonRecord, recorded: RecordedCase): MainCounts {
  const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
  const input = number(usage['prompt_tokens']);
  const completion = number(usage['completion_tokens']);
  const prompt = usage['prompt_tokens_details'];
  const details = usage['completion_tokens_details'];
  const reasoning =
    number(isRecord(details) ? details['reasoning_tokens'] : 0) || number(usage['reasoning_tokens']);
  // xAI's completion leaves the reasoning out; only then do the three add up to the total.
  const isOutside = reasoning > 0 && number(usage['total_tokens']) === input + completion + reasoning;
  const cached =
    number(isRecord(prompt) ? prompt['cached_tokens'] : 0) ||
    number(usage['cached_tokens']) ||
    number(usage['num_cached_tokens']) ||
    number(usage['prompt_cache_hit_tokens']);
  return {
    input,
    output: completion + (isOutside ? reasoning : 0),
    // A recording's own count knows only the first of these places.
    cachedInput: recorded.facts.cached_tokens === 0 ? cached : (recorded.facts.cached_tokens ?? cached),
    reasoning,
  };
}
