// The single values a config is made of: text, numbers, switches, choices.
import type { z } from 'zod';
import { leaf, type LeafResult } from './leaf.js';
import { suggestName } from '../yaml/nearest-name.js';

const NO_TEXT = { ok: false, why: 'a number: put it in quotes' } as const;

/** Text; `check` answers why a text will not do. */
export function text(options: {
  want: string;
  example: string;
  check?: (text: string) => string | undefined;
}): z.ZodType<string> {
  return leaf<string>({
    want: options.want,
    example: options.example,
    read: (value) => {
      if (typeof value === 'number') return NO_TEXT;
      if (typeof value !== 'string') return { ok: false };
      if (value === '') return { ok: false, why: 'an empty text' };
      const why = options.check?.(value);
      return why === undefined ? { ok: true, value } : { ok: false, why };
    },
    unresolved: (written) => written,
  });
}

/** A number between two bounds, both included. */
export function number(options: {
  min: number;
  max?: number;
  example: number;
  integer?: boolean;
  /** Zero is the bound but not in it. */
  aboveMin?: boolean;
}): z.ZodType<number> {
  const { min, max = Number.MAX_SAFE_INTEGER, aboveMin = false, integer = false } = options;
  const range =
    options.max === undefined ? (aboveMin ? `above ${min}` : `of at least ${min}`) : `from ${min} to ${max}`;
  return leaf<number>({
    want: `a ${integer ? 'whole ' : ''}number ${range}`,
    example: String(options.example),
    read: (value, referenced) => {
      const read = referenced ? toNumber(value) : value;
      if (typeof read === 'string') return { ok: false, why: 'text: write it without quotes' };
      if (typeof read !== 'number') return { ok: false };
      if (!Number.isFinite(read)) return { ok: false, why: 'not a finite number' };
      if (integer && !Number.isInteger(read)) return { ok: false, why: 'a number with a fraction' };
      if (read < 0 && min >= 0) return { ok: false, why: 'a negative number' };
      if (read < min || (aboveMin && read === min)) return { ok: false, why: 'a number that is too small' };
      if (read > max) return { ok: false, why: 'a number that is too large' };
      return { ok: true, value: read };
    },
    unresolved: () => undefined,
  });
}

/** A whole number. */
export function whole(options: { min: number; max?: number; example: number }): z.ZodType<number> {
  return number({ ...options, integer: true });
}

/** `true` or `false`. */
export function flag(): z.ZodType<boolean> {
  return leaf<boolean>({
    want: 'true or false',
    read: (value, referenced) => {
      if (typeof value === 'boolean') return { ok: true, value };
      if (typeof value !== 'string') return { ok: false };
      if (referenced && (value === 'true' || value === 'false')) return { ok: true, value: value === 'true' };
      // YAML 1.2 has two words; 1.1 had more of them.
      const old = /^(yes|no|on|off|y|n)$/i.test(value);
      return {
        ok: false,
        why: old ? 'text (yes, no, on and off are text in YAML 1.2)' : 'text: write it without quotes',
      };
    },
    unresolved: () => undefined,
  });
}

/** One of a fixed list of words. */
export function oneOf<const Words extends readonly [string, ...string[]]>(
  words: Words,
  note = '',
): z.ZodType<Words[number]> {
  const quoted = words.map((word) => JSON.stringify(word)).join(', ');
  return leaf<Words[number]>({
    want: words.length === 1 ? quoted : `one of ${quoted}${note}`,
    read: (value): LeafResult<Words[number]> => {
      if (typeof value !== 'string') return { ok: false };
      if (words.includes(value)) return { ok: true, value };
      return { ok: false, why: `another text${suggestName(value, words)}` };
    },
    unresolved: () => words[0],
  });
}

function toNumber(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value;
}
