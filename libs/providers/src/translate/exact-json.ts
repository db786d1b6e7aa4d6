// JSON in and out without loss: numbers that a double cannot hold keep their digits, and what cannot be
// written never throws.
import { RAW_JSON } from '../wire/raw-json.js';

type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Only a number with so many digits in a row, or with an exponent, can lose any. */
const LONG_NUMBER = /\d{15}|\d[eE][+-]?\d{2}/;
/** Longer ones are kept without a look. */
const MAX_COMPARED = 64;
const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

const keepDigits: SourceReviver = (_key, value, context) => {
  if (typeof value !== 'number' || context.source === undefined) return value;
  return isKept(value, context.source) ? value : RAW_JSON.rawJSON(context.source);
};

/** Whether a double says the same number: `1.0` is 1. A whole number may not become one with an exponent. */
function isKept(value: number, source: string): boolean {
  const text = String(value);
  if (text === source) return true;
  if (source.length > MAX_COMPARED || text.includes('e')) return false;
  const digits = digitsOf(source);
  return digits !== null && digits === digitsOf(text);
}

/** Equal for texts of the same number; null for what is no finite one. */
function digitsOf(text: string): string | null {
  const match = NUMBER.exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  // Minus zero is zero.
  if (significant === '') return '0';
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign}${significant}e${power}`;
}

/** The parsed text, undefined when it is not JSON. Numbers that would lose digits are opaque but exact. */
export function parseExactJson(text: string): unknown {
  try {
    if (!LONG_NUMBER.test(text)) return JSON.parse(text) as unknown;
    // The reviver's third parameter is younger than the type of JSON.parse.
    return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown) as unknown;
  } catch {
    return undefined;
  }
}

/** A number, however {@link parseExactJson} kept it; null for everything else. */
export function asNumber(value: unknown): number | null {
  if (typeof value === 'number') return value;
  return RAW_JSON.isRawJSON(value) ? Number(value.rawJSON) : null;
}

/** The JSON text of a parsed value, null when it is nested too deeply to be written. */
export function writeJson(value: unknown): string | null {
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}
