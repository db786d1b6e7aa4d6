import type { z } from 'zod';
import { leaf, type LeafResult } from './leaf.js';
import { ReferencedText } from '../yaml/plain-value.js';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(-?)(\d{1,15}(?:\.\d{1,6})?)(ms|s|m|h|d)$/;

// Node's timers hold 31 bits of milliseconds (24.8 days) and fire at once above that.
const MAX_TIMER_MS = 24 * 86_400_000;
const MAX_PERIOD_MS = 10 * 365 * 86_400_000;

/** Milliseconds of a duration as it is written in the file, or why it is none. Never throws. */
export function parseDuration(value: unknown): LeafResult<number> {
  if (typeof value === 'number') return { ok: false, why: 'a number without a unit' };
  if (typeof value !== 'string') return { ok: false };
  const [matched, sign, amount, unit] = DURATION.exec(value) ?? [];
  const unitMs = unit === undefined ? undefined : UNIT_MS[unit];
  if (matched === undefined || unitMs === undefined) {
    return { ok: false, why: 'text that is no duration' };
  }
  if (sign === '-') return { ok: false, why: 'a negative duration' };
  return { ok: true, value: Math.round(Number(amount) * unitMs) };
}

/** Milliseconds, for checks across fields; undefined when it is no duration (its own schema says so). */
export function durationOf(value: unknown): number | undefined {
  const read = parseDuration(value instanceof ReferencedText && value.resolved ? value.text : value);
  return read.ok ? read.value : undefined;
}

/** A duration that becomes a timer: up to 24 days; zero only with `zero`. Output in milliseconds. */
export function timer(example: string, options: { zero?: boolean } = {}): z.ZodType<number> {
  return duration(example, { minMs: options.zero === true ? 0 : 1, maxMs: MAX_TIMER_MS, range: 'up to 24d' });
}

/** A duration that is compared, not waited for: up to ten years; zero only with `zero`. Output in milliseconds. */
export function period(example: string, options: { zero?: boolean } = {}): z.ZodType<number> {
  return duration(example, {
    minMs: options.zero === true ? 0 : 1,
    maxMs: MAX_PERIOD_MS,
    range: 'up to 3650d',
  });
}

function duration(
  example: string,
  bounds: { minMs: number; maxMs: number; range: string },
): z.ZodType<number> {
  return leaf<number>({
    want: `a duration ${bounds.minMs > 0 ? 'above zero and ' : ''}${bounds.range} (units ms, s, m, h, d)`,
    example,
    read: (value) => {
      const read = parseDuration(value);
      if (!read.ok) return read;
      if (read.value < bounds.minMs) return { ok: false, why: 'a duration of zero' };
      if (read.value > bounds.maxMs) return { ok: false, why: 'a duration that is too long' };
      return read;
    },
    unresolved: () => undefined,
  });
}
