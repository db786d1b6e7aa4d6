import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { LiveFeed, type LiveState } from './live-feed.js';
import { sessionQuery } from './session.js';

const feeds = new WeakMap<QueryClient, LiveFeed>();
const subscribeToNothing = () => () => undefined;
const nothing = (): null => null;

/**
 * The live numbers, while a component that asks for them is shown. One connection, however many ask.
 * Null for people who see some teams only: live numbers are of all teams together.
 */
export function useLiveFeed(): LiveState | null {
  const client = useQueryClient();
  const { data: session } = useQuery(sessionQuery);
  const maySee = session?.teams === null;
  const feed = feedOf(client);
  return useSyncExternalStore<LiveState | null>(
    maySee ? feed.subscribe : subscribeToNothing,
    maySee ? feed.getState : nothing,
  );
}

function feedOf(client: QueryClient): LiveFeed {
  const known = feeds.get(client);
  if (known !== undefined) return known;
  const feed = new LiveFeed({
    open: () => new EventSource('/api/live'),
    now: () => performance.now(),
    // An EventSource hides the status; the session's own answer tells whether it is a 401.
    onRefused: () => void client.refetchQueries({ queryKey: sessionQuery.queryKey }),
  });
  feeds.set(client, feed);
  return feed;
}
