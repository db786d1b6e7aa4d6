import { parseCount, parseDateMs, parseSpanMs } from './parse-wait.js';

/** Gives a header by its lower-case name, null when it was not sent. */
type ReadHeader = (name: string) => string | null;

/** One limit: where its rest stands, and when it is whole again. */
interface LimitHeaders {
  readonly remaining: string;
  readonly reset: string;
}

/** As OpenAI, Azure and Groq name them, then Cerebras with its periods. */
const OPENAI_LIMITS = [
  'requests',
  'tokens',
  'requests-minute',
  'tokens-minute',
  'requests-hour',
  'tokens-hour',
  'requests-day',
  'tokens-day',
];
const ANTHROPIC_LIMITS = ['requests', 'tokens', 'input-tokens', 'output-tokens'];

const LIMITS: readonly LimitHeaders[] = [
  ...OPENAI_LIMITS.map((name) => ({
    remaining: `x-ratelimit-remaining-${name}`,
    reset: `x-ratelimit-reset-${name}`,
  })),
  ...ANTHROPIC_LIMITS.map((name) => ({
    remaining: `anthropic-ratelimit-${name}-remaining`,
    reset: `anthropic-ratelimit-${name}-reset`,
  })),
  { remaining: 'x-ratelimit-remaining', reset: 'x-ratelimit-reset' },
  { remaining: 'ratelimit-remaining', reset: 'ratelimit-reset' },
];

/** Numbers from here on are points in time: no provider limits for 30 years. */
const FIRST_EPOCH_SECONDS = 1e9;
const FIRST_EPOCH_MS = 1e12;

/**
 * How long until the limits that are used up are whole again: all of them must be, so the longest. Where no limit is
 * said to be used up, the soonest of those that are not whole.
 * @returns milliseconds, 0 or more; null when no limit says anything
 */
export function exhaustedResetMs(read: ReadHeader, nowMs: number): number | null {
  let usedUpMs: number | null = null;
  let soonestMs: number | null = null;
  for (const limit of LIMITS) {
    const resetMs = parseResetMs(read(limit.reset), nowMs);
    if (resetMs === null) continue;
    if (parseCount(read(limit.remaining)) === 0) usedUpMs = Math.max(usedUpMs ?? 0, resetMs);
    else if (resetMs > 0) soonestMs = Math.min(soonestMs ?? resetMs, resetMs);
  }
  return usedUpMs ?? soonestMs;
}

/** `6m0s`, `7.66`, epoch seconds, epoch milliseconds, RFC 3339. */
function parseResetMs(text: string | null, nowMs: number): number | null {
  const count = parseCount(text);
  if (count === null) {
    const atMs = parseDateMs(text);
    return atMs === null ? parseSpanMs(text) : Math.max(0, atMs - nowMs);
  }
  if (count >= FIRST_EPOCH_MS) return Math.max(0, count - nowMs);
  if (count >= FIRST_EPOCH_SECONDS) return Math.max(0, count * 1000 - nowMs);
  return count * 1000;
}
