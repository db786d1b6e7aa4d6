import { QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from './api-error.js';
import { forgetSession } from './session.js';

const MOST_RETRIES = 2;

/** What all pages read through. A 401 to any of them ends the session on this page too. */
export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof ApiError && error.isSignedOut) forgetSession(client);
      },
    }),
    defaultOptions: {
      queries: {
        retry: (failures, error) => error instanceof ApiError && error.isPassing && failures < MOST_RETRIES,
        refetchOnWindowFocus: true,
        staleTime: 5_000,
      },
    },
  });
  return client;
}
