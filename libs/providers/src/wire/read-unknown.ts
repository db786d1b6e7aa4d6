// Reading of vendors' JSON: nothing is trusted, nothing throws.
import { RAW_JSON } from './raw-json.js';

/** The value as a plain object, null for everything else (arrays, and numbers that are kept as text, included). */
export function asRecord(value: unknown): Readonly<Record<string, unknown>> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  if (RAW_JSON.isRawJSON(value)) return null;
  // A non-array object's own keys can be read as unknown values.
  return value as Record<string, unknown>;
}

/** The value as text, '' for everything but strings and finite numbers. */
export function asText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' && Number.isFinite(value) ? String(value) : '';
}

/** No call counts a billion tokens; up to here all sums stay whole numbers that JSON and Postgres can hold. */
const MAX_COUNT = 1e9;

/** The value as a whole count, 0 for what is none. Fractions are cut. */
export function asCount(value: unknown): number {
  if (typeof value !== 'number' || !(value > 0) || value > MAX_COUNT) return 0;
  return Math.trunc(value);
}

/**
 * Documents larger than this are walked but never parsed: 60 MiB of empty objects would hold the process for many
 * seconds and take gigabytes. What people write or models say is far below; images and embeddings are not parsed.
 */
export const MAX_PARSED_BYTES = 8 * 1024 * 1024;

/** The parsed JSON text, undefined when it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
