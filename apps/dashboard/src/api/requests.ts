import {
  type RequestDetail,
  requestDetailSchema,
  type RequestPage,
  requestPageSchema,
} from '@sluice/contracts';
import { keepPreviousData, queryOptions, type UseQueryOptions } from '@tanstack/react-query';
import { callApi } from './api-client.js';
import { type RequestFilters, toApiSearch } from './request-filters.js';

/** How often a followed list asks for news. */
const FOLLOW_MS = 2_000;
const PAGE_ROWS = 50;

/** Which page of which list. */
export interface RequestListPage {
  readonly filters: RequestFilters;
  /** Null: the newest. */
  readonly cursor: string | null;
  /** Asks for news again and again; on the newest page only. */
  readonly isFollowed: boolean;
}

type ListKey = readonly ['requests', RequestFilters, string | null];
type DetailKey = readonly ['request', string];

/** One page of the request log, newest first. */
export function requestListQuery(
  page: RequestListPage,
): UseQueryOptions<RequestPage, Error, RequestPage, ListKey> {
  const { filters, cursor, isFollowed } = page;
  return queryOptions({
    queryKey: ['requests', filters, cursor] as const,
    queryFn: ({ signal }) => {
      const search = toApiSearch(filters, new Date());
      search.set('limit', String(PAGE_ROWS));
      if (cursor !== null) search.set('cursor', cursor);
      return callApi('/api/requests', requestPageSchema, { search, signal });
    },
    placeholderData: keepPreviousData,
    refetchInterval: isFollowed && cursor === null ? FOLLOW_MS : false,
    // Going back to a list shows what it showed, then news.
    staleTime: 0,
  });
}

/** One request with its attempts. What is logged does not change. */
export function requestDetailQuery(
  eventId: string,
): UseQueryOptions<RequestDetail, Error, RequestDetail, DetailKey> {
  return queryOptions({
    queryKey: ['request', eventId] as const,
    queryFn: ({ signal }) =>
      callApi(`/api/requests/${encodeURIComponent(eventId)}`, requestDetailSchema, { signal }),
    staleTime: Infinity,
  });
}
