// A span of time as people choose it and as it stands in the address: `range=1h`, or `from=…&to=…`.

/** The relative spans, shortest first. The API answers for at most 31 days. */
export const RANGES = ['15m', '1h', '6h', '24h', '7d', '31d'] as const;
export type Range = (typeof RANGES)[number];

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long each range is. */
export const RANGE_MS: Readonly<Record<Range, number>> = {
  '15m': 15 * MINUTE_MS,
  '1h': HOUR_MS,
  '6h': 6 * HOUR_MS,
  '24h': DAY_MS,
  '7d': 7 * DAY_MS,
  '31d': 31 * DAY_MS,
};

/** For sentences and menus. */
export const RANGE_LABEL: Readonly<Record<Range, string>> = {
  '15m': 'Last 15 minutes',
  '1h': 'Last hour',
  '6h': 'Last 6 hours',
  '24h': 'Last 24 hours',
  '7d': 'Last 7 days',
  '31d': 'Last 31 days',
};

export const DEFAULT_RANGE: Range = '1h';

/** ISO 8601 UTC; `to` is not included. */
export type TimeSpan =
  | { readonly kind: 'last'; readonly range: Range }
  | { readonly kind: 'between'; readonly from: string; readonly to: string };

/** True for the names of {@link RANGES}. */
export function isRange(text: string | null): text is Range {
  return RANGES.some((range) => range === text);
}

/** What the address says; what cannot be read is the default. Never throws. */
export function parseTimeSpan(search: URLSearchParams): TimeSpan {
  const from = parseMoment(search.get('from'));
  const to = parseMoment(search.get('to'));
  if (from !== null && to !== null && from < to) {
    return { kind: 'between', from: from.toISOString(), to: to.toISOString() };
  }
  const range = search.get('range');
  return { kind: 'last', range: isRange(range) ? range : DEFAULT_RANGE };
}

/** Writes the span into `search`, the default as nothing. */
export function writeTimeSpan(search: URLSearchParams, span: TimeSpan): void {
  for (const name of ['range', 'from', 'to']) search.delete(name);
  if (span.kind === 'between') {
    search.set('from', span.from);
    search.set('to', span.to);
  } else if (span.range !== DEFAULT_RANGE) {
    search.set('range', span.range);
  }
}

/** `to` is null for spans that end now. */
export function spanLimits(span: TimeSpan, now: Date): { readonly from: Date; readonly to: Date | null } {
  if (span.kind === 'between') return { from: new Date(span.from), to: new Date(span.to) };
  return { from: new Date(now.getTime() - RANGE_MS[span.range]), to: null };
}

/** The same for the roll-ups, which count in whole minutes and answer for no more than the longest range. */
export function wholeMinuteLimits(
  span: TimeSpan,
  now: Date,
): { readonly from: Date; readonly to: Date | null } {
  if (span.kind === 'between') return spanLimits(span, now);
  const endMs = Math.ceil(now.getTime() / MINUTE_MS) * MINUTE_MS;
  // The server's clock may be a little ahead: a minute less keeps the longest range inside its limit.
  const longMs = span.range === '31d' ? RANGE_MS['31d'] - MINUTE_MS : RANGE_MS[span.range];
  return { from: new Date(endMs - longMs), to: null };
}

function parseMoment(text: string | null): Date | null {
  if (text === null || !/^\d{4}-\d\d-\d\dT/.test(text)) return null;
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? null : at;
}
