// JSON in and out without loss: numbers that a double cannot hold keep their digits, and what cannot be
// written never throws.

/** The parts of the language that the type library does not know yet; every Node that we support has them. */
interface RawJson {
  rawJSON(text: string): unknown;
  isRawJSON(value: unknown): value is { readonly rawJSON: string };
}
const RAW = JSON as unknown as RawJson;
type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/** Only a number with so many digits in a row, or with an exponent, can lose any. */
const LONG_NUMBER = /\d{15}|\d[eE][+-]?\d{2}/;

const keepDigits: SourceReviver = (_key, value, context) => {
  if (typeof value !== 'number' || context.source === undefined) return value;
  return String(value) === context.source ? value : RAW.rawJSON(context.source);
};

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
  return RAW.isRawJSON(value) ? Number(value.rawJSON) : null;
}

/** The JSON text of a parsed value, null when it is nested too deeply to be written. */
export function writeJson(value: unknown): string | null {
  try {
    return JSON.stringify(value);
  } catch {
    return null;
  }
}
