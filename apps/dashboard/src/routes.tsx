// The list of pages. A new page: its folder under pages/, one line here, and for the menu one line in PAGES.
import type { RouteObject } from 'react-router';
import { AppShell } from './shell/app-shell.js';
import { PageCrash } from './shell/page-crash.js';
import { PageLoading } from './shell/page-loading.js';
import { RequireSession } from './shell/require-session.js';

/** A fresh list: the router writes into what it is given. */
export function createRoutes(): RouteObject[] {
  return [
    {
      errorElement: <PageCrash />,
      hydrateFallbackElement: <PageLoading />,
      children: [
        {
          path: '/sign-in',
          lazy: async () => ({ Component: (await import('./pages/sign-in/sign-in.page.js')).SignInPage }),
        },
        {
          element: (
            <RequireSession>
              <AppShell />
            </RequireSession>
          ),
          children: [{ errorElement: <PageCrash />, children: createPages() }],
        },
      ],
    },
  ];
}

/** Each page is a chunk of its own, loaded when it is first opened. */
function createPages(): RouteObject[] {
  return [
    {
      index: true,
      lazy: async () => ({ Component: (await import('./pages/overview/overview.page.js')).OverviewPage }),
    },
    {
      path: 'requests',
      lazy: async () => ({ Component: (await import('./pages/requests/requests.page.js')).RequestsPage }),
    },
    {
      path: 'requests/:eventId',
      lazy: async () => ({
        Component: (await import('./pages/request-detail/request-detail.page.js')).RequestDetailPage,
      }),
    },
    {
      path: '*',
      lazy: async () => ({ Component: (await import('./pages/not-found/not-found.page.js')).NotFoundPage }),
    },
  ];
}
