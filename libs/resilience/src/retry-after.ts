/** The longest wait that is believed, seconds; a provider that names more is taken to mean "a day". */
const LONGEST_SECONDS = 86_400;

/** The headers that carry a hint, as received (lower-case names). */
export interface RetryHintHeaders {
  readonly 'retry-after'?: string | undefined;
  readonly 'retry-after-ms'?: string | undefined;
}

/**
 * How long a provider asks us to stay away.
 * @param nowMs wall clock, for the HTTP-date form
 * @returns milliseconds, or null when there is no hint or it is garbage or negative
 */
export function parseRetryAfterMs(headers: RetryHintHeaders, nowMs: number): number | null {
  const exact = parseNumber(headers['retry-after-ms']);
  if (exact !== null) return clampMs(exact);
  const text = headers['retry-after']?.trim();
  if (text === undefined || text === '') return null;
  const seconds = parseNumber(text);
  if (seconds !== null) return clampMs(seconds * 1000);
  // Only the HTTP-date form names a weekday; Date.parse alone would read "-5" or "12 apples" as a date.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return null;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : clampMs(Math.max(0, at - nowMs));
}

function parseNumber(text: string | undefined): number | null {
  if (text === undefined || !/^\s*\d{1,15}(\.\d{1,9})?\s*$/.test(text)) return null;
  return Number(text);
}

const clampMs = (ms: number): number => Math.min(Math.ceil(ms), LONGEST_SECONDS * 1000);
