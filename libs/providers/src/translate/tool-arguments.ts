import { asRecord } from '../wire/read-unknown.js';
import { parseExactJson, writeJson } from './exact-json.js';

/**
 * A call's arguments as the object that Anthropic wants. What is no object (a text that `max_tokens` cut, a
 * bare value) is wrapped, never dropped and never an error.
 */
export function toToolInput(args: string): Readonly<Record<string, unknown>> {
  if (args.trim() === '') return {};
  const value = parseExactJson(args);
  if (value === null) return {};
  return asRecord(value) ?? { raw_arguments: args };
}

/** A call's input as the JSON text that OpenAI wants; `{}` for none, null when it cannot be written. */
export function toArgumentsText(input: unknown): string | null {
  const record = asRecord(input);
  return record === null ? '{}' : writeJson(record);
}
