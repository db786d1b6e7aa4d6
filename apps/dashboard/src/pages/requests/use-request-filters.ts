import { useSearchParams } from 'react-router';
import { parseRequestFilters, type RequestFilters, toPageSearch } from '../../api/request-filters.js';

/** What the address says about the list, and how to change it. */
export interface ListAddress {
  readonly filters: RequestFilters;
  readonly cursor: string | null;
  readonly isFollowed: boolean;
  /** Other filters begin at the newest again. */
  readonly setFilters: (filters: RequestFilters) => void;
  /** Null: the newest page. */
  readonly goTo: (cursor: string | null) => void;
  readonly setFollowed: (isFollowed: boolean) => void;
}

/** Filters, page and following all stand in the address: a copied link shows the same, and Back goes back. */
export function useRequestFilters(): ListAddress {
  const [search, setSearch] = useSearchParams();
  const filters = parseRequestFilters(search);
  const cursor = search.get('cursor');
  const isFollowed = search.get('follow') === '1' && cursor === null;
  const write = (next: RequestFilters, extra: Readonly<Record<string, string>>, replace: boolean): void => {
    const after = toPageSearch(next);
    for (const [name, value] of Object.entries(extra)) after.set(name, value);
    setSearch(after, { replace });
  };
  const follow: Record<string, string> = isFollowed ? { follow: '1' } : {};
  return {
    filters,
    cursor,
    isFollowed,
    setFilters: (next) => write(next, follow, false),
    goTo: (next) => write(filters, next === null ? {} : { cursor: next }, false),
    setFollowed: (isOn) => write(filters, isOn ? { follow: '1' } : {}, true),
  };
}
