// The spellings of waits and times in headers. None throws; null for what is none of them, negatives included.

/** A number of seconds, milliseconds or things that is written without a sign, exponent or unit. */
export function parseCount(text: string | null): number | null {
  return text !== null && /^\s*\d{1,15}(\.\d{1,18})?\s*$/.test(text) ? Number(text) : null;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 0.000_001,
};

/** `6m0s`, `120ms`, `1h2m3.5s`: milliseconds. */
export function parseSpanMs(text: string | null): number | null {
  const span = text?.trim() ?? '';
  if (!/^(\d{1,15}(\.\d{1,18})?(d|h|ms|m|us|µs|ns|s))+$/.test(span)) return null;
  let sumMs = 0;
  for (const [, count, unit] of span.matchAll(/([\d.]+)([a-zµ]+)/g)) {
    sumMs += Number(count) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return sumMs;
}

/** An HTTP date or an RFC 3339 time: milliseconds since the epoch. */
export function parseDateMs(text: string | null): number | null {
  const date = text?.trim() ?? '';
  // By shape first: Date.parse alone would read "-5" or "12 apples" as a date.
  if (!/^[A-Za-z]{3,9},? /.test(date) && !/^\d{4}-\d\d-\d\d[Tt ]\d\d:/.test(date)) return null;
  const atMs = Date.parse(date);
  return Number.isNaN(atMs) ? null : atMs;
}
