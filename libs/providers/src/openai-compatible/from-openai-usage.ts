import type { TokenCounts } from '@sluice/contracts';
import { asCount, asRecord } from '../wire/read-unknown.js';

/**
 * Token counts of a `usage` object in any of the shapes that OpenAI-speaking servers send.
 * `input` includes cached tokens, `output` includes reasoning.
 * @returns null when it is not an object or counts nothing
 */
export function fromOpenAiUsage(value: unknown): TokenCounts | null {
  const usage = asRecord(value);
  if (usage === null) return null;
  const input = asCount(usage['prompt_tokens']);
  const completion = asCount(usage['completion_tokens']);
  const total = asCount(usage['total_tokens']);
  if (input === 0 && completion === 0 && total === 0) return null;
  const prompt = asRecord(usage['prompt_tokens_details']) ?? {};
  const details = asRecord(usage['completion_tokens_details']) ?? {};
  const reasoning = asCount(details['reasoning_tokens']) || asCount(usage['reasoning_tokens']);
  // xAI counts reasoning beside the completion, everybody else inside it; the total tells them apart.
  const isBeside = reasoning > 0 && total === input + completion + reasoning;
  return {
    // A server that only has a total (embeddings) read it all.
    input: input === 0 && completion === 0 ? total : input,
    output: isBeside ? completion + reasoning : completion,
    cachedInput:
      asCount(prompt['cached_tokens']) ||
      asCount(usage['prompt_cache_hit_tokens']) ||
      asCount(usage['cached_tokens']) ||
      asCount(usage['num_cached_tokens']),
    cacheWrite: asCount(prompt['cache_write_tokens']),
    reasoning,
    audio: asCount(prompt['audio_tokens']) + asCount(details['audio_tokens']),
    image: asCount(prompt['image_tokens']),
  };
}

/** Usage of a parsed completion or chunk, wherever the server put it (top level, `x_groq`, first choice). */
export function findOpenAiUsage(document: unknown): TokenCounts | null {
  const root = asRecord(document);
  if (root === null) return null;
  const choices = root['choices'];
  const first = Array.isArray(choices) ? asRecord(choices[0]) : null;
  return (
    fromOpenAiUsage(root['usage']) ??
    fromOpenAiUsage(asRecord(root['x_groq'])?.['usage']) ??
    fromOpenAiUsage(first?.['usage'])
  );
}
