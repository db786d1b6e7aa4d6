// Token counts that an event must have, read from the recorded usage by the vendors' documentation.
import type { TokenCounts } from '@sluice/contracts';
import { dialectOf } from './client-dialect.js';
import { isRecord, readStream } from './expected-answer.js';
import type { JsonRecord, RecordedCase } from './recorded-case.js';

type MainCounts = Pick<TokenCounts, 'input' | 'output' | 'cachedInput' | 'reasoning'>;

/** The counts of one document or event; null when it has none. */
export function countsIn(document: JsonRecord): MainCounts | null {
  const usage = usageOf(document);
  return usage === null ? null : countsOf(usage, 0);
}

/** Null when the recording holds no usage. */
export function expectedTokens(recorded: RecordedCase): MainCounts | null {
  if (dialectOf(recorded) === 'messages') return countsOfMessage(recorded);
  const usage = recorded.stream
    ? readStream(recorded.upstream.body)
        .map((event) => usageOf(event.json))
        .findLast((found) => found !== null)
    : usageOf(JSON.parse(recorded.upstream.body));
  return usage === undefined || usage === null ? null : countsOf(usage, recorded.facts.cached_tokens ?? 0);
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

/** @param known what the recording itself says about the cache; 0 when it knows nothing */
function countsOf(usage: JsonRecord, known: number): MainCounts {
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
    cachedInput: known === 0 ? cached : known,
    reasoning,
  };
}

/** Anthropic's input leaves the cache out; of a stream the last number of each kind counts. */
function countsOfMessage(recorded: RecordedCase): MainCounts | null {
  const reports = recorded.stream
    ? readStream(recorded.upstream.body).flatMap(({ json }) => [
        isRecord(json?.['message']) ? json['message']['usage'] : null,
        json?.['usage'],
      ])
    : [(JSON.parse(recorded.upstream.body) as JsonRecord)['usage']];
  const usage: Record<string, number> = {};
  for (const report of reports.filter(isRecord)) {
    const details = report['output_tokens_details'];
    for (const [key, value] of Object.entries({ ...report, ...(isRecord(details) ? details : {}) })) {
      if (typeof value === 'number') usage[key] = value;
    }
  }
  if (usage['output_tokens'] === undefined) return null;
  const cachedInput = usage['cache_read_input_tokens'] ?? 0;
  const written = usage['cache_creation_input_tokens'] ?? 0;
  return {
    input: (usage['input_tokens'] ?? 0) + cachedInput + written,
    output: usage['output_tokens'],
    cachedInput,
    reasoning: usage['thinking_tokens'] ?? 0,
  };
}
