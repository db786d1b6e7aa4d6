import { exhaustedResetMs } from './rate-limit-reset.js';
import { parseCount, parseDateMs } from './parse-wait.js';

/** The longest wait that is believed, milliseconds: a provider that names more is taken to mean a day. */
export const LONGEST_RETRY_AFTER_MS = 86_400_000;

/** Response headers with lower-case names, as received; of a header that was sent twice the first counts. */
export type RetryHintHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/**
 * How long a provider asks us to stay away. The most exact hint wins: `retry-after-ms`, `retry-after` (seconds or
 * HTTP date), then the reset times of the limits that are used up (`x-ratelimit-reset*`, `ratelimit-reset`,
 * `anthropic-ratelimit-*-reset`). Garbage is passed over.
 * @param nowMs wall clock, for dates
 * @returns whole milliseconds from 0 to {@link LONGEST_RETRY_AFTER_MS}, null when there is no hint; never throws
 */
export function parseRetryAfterMs(headers: RetryHintHeaders, nowMs: number): number | null {
  const read = (name: string): string | null => textOf(headers[name]);
  const ms =
    parseCount(read('retry-after-ms')) ??
    parseRetryAfter(read('retry-after'), nowMs) ??
    exhaustedResetMs(read, nowMs);
  return ms === null ? null : Math.min(Math.ceil(ms), LONGEST_RETRY_AFTER_MS);
}

function parseRetryAfter(text: string | null, nowMs: number): number | null {
  const seconds = parseCount(text);
  if (seconds !== null) return seconds * 1000;
  const atMs = parseDateMs(text);
  return atMs === null ? null : Math.max(0, atMs - nowMs);
}

function textOf(value: string | readonly string[] | undefined): string | null {
  if (value === undefined) return null;
  return (typeof value === 'string' ? value : value[0]) ?? null;
}
