// The filters of the request list: in the page's address, in calls to the API and in export links, by the same names.
import { REQUEST_OUTCOMES, type RequestOutcome } from '@sluice/contracts';
import { type TimeSpan, parseTimeSpan, spanLimits, writeTimeSpan } from './time-span.js';

/** Filters that are a plain text which must be equal. */
export const TEXT_FILTERS = ['model', 'provider', 'team', 'key', 'requestId'] as const;
export type TextFilter = (typeof TEXT_FILTERS)[number];

/** An absent field does not filter. */
export interface RequestFilters extends Readonly<Partial<Record<TextFilter, string | undefined>>> {
  readonly span: TimeSpan;
  readonly outcome?: RequestOutcome | undefined;
}

/** The API's own limit. */
const MOST_CHARACTERS = 256;

/** What the address says; unknown outcomes and over-long texts are left out. Never throws. */
export function parseRequestFilters(search: URLSearchParams): RequestFilters {
  const outcome = REQUEST_OUTCOMES.find((name) => name === search.get('outcome'));
  const texts = TEXT_FILTERS.flatMap((name) => {
    // No stored text holds a NUL, and the API refuses it.
    const text = search.get(name)?.replaceAll('\0', '').trim().slice(0, MOST_CHARACTERS) ?? '';
    return text === '' ? [] : [[name, text] as const];
  });
  return {
    span: parseTimeSpan(search),
    ...(outcome === undefined ? {} : { outcome }),
    ...Object.fromEntries(texts),
  };
}

/** For the page's address: without what is the default. */
export function toPageSearch(filters: RequestFilters): URLSearchParams {
  const search = new URLSearchParams();
  writeTimeSpan(search, filters.span);
  return writeFields(search, filters);
}

/** For the API: relative spans become moments. */
export function toApiSearch(filters: RequestFilters, now: Date): URLSearchParams {
  const { from, to } = spanLimits(filters.span, now);
  const search = new URLSearchParams({ from: from.toISOString() });
  if (to !== null) search.set('to', to.toISOString());
  return writeFields(search, filters);
}

/** How many filters but the span are set. */
export function countFilters(filters: RequestFilters): number {
  return [...TEXT_FILTERS.map((name) => filters[name]), filters.outcome].filter(
    (value) => value !== undefined,
  ).length;
}

function writeFields(search: URLSearchParams, filters: RequestFilters): URLSearchParams {
  if (filters.outcome !== undefined) search.set('outcome', filters.outcome);
  for (const name of TEXT_FILTERS) {
    const text = filters[name];
    if (text !== undefined && text !== '') search.set(name, text);
  }
  return search;
}
