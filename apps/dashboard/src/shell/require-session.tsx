import { useQuery } from '@tanstack/react-query';
import type { ReactElement, ReactNode } from 'react';
import { Navigate, useLocation } from 'react-router';
import { sessionQuery } from '../api/session.js';
import { ErrorState } from '../ui/states.js';
import { PageLoading } from './page-loading.js';

/** Shows its children to whoever is signed in; everybody else signs in first and comes back to the same address. */
export function RequireSession({ children }: { readonly children: ReactNode }): ReactNode {
  const { data: session, error, refetch } = useQuery(sessionQuery);
  if (session === undefined) {
    return error === null ? <PageLoading /> : <ErrorState error={error} onRetry={() => void refetch()} />;
  }
  return session === null ? <ToSignIn /> : children;
}

function ToSignIn(): ReactElement {
  const { pathname, search } = useLocation();
  const here = pathname + search;
  const next = here === '/' ? '' : `?${new URLSearchParams({ next: here }).toString()}`;
  return <Navigate to={`/sign-in${next}`} replace />;
}
