import { type Overview, overviewSchema } from '@sluice/contracts';
import { keepPreviousData, queryOptions, type UseQueryOptions } from '@tanstack/react-query';
import { callApi } from './api-client.js';
import { type TimeSpan, wholeMinuteLimits } from './time-span.js';

/** Roll-ups are written by the minute; more often shows nothing new. */
const REFRESH_MS = 15_000;

type OverviewKey = readonly ['overview', TimeSpan];

/** What a span came to. A relative span moves with the clock: each refresh asks for the latest. */
export function overviewQuery(span: TimeSpan): UseQueryOptions<Overview, Error, Overview, OverviewKey> {
  return queryOptions({
    queryKey: ['overview', span] as const,
    queryFn: ({ signal }) => {
      const { from, to } = wholeMinuteLimits(span, new Date());
      const search = new URLSearchParams({ from: from.toISOString() });
      if (to !== null) search.set('to', to.toISOString());
      return callApi('/api/overview', overviewSchema, { search, signal });
    },
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
}
