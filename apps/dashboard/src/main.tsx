import './api/no-code-generation.js';
import '@fontsource-variable/geist/index.css';
import '@fontsource-variable/geist-mono/index.css';
import './styles/tokens.css';
import './styles/base.css';
import { CSPProvider } from '@base-ui/react/csp-provider';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createBrowserRouter } from 'react-router';
import { RouterProvider } from 'react-router/dom';
import { createQueryClient } from './api/query-client.js';
import { createRoutes } from './routes.js';

const root = document.getElementById('root');
if (root === null) throw new Error('index.html has no #root');
const client = createQueryClient();

createRoot(root).render(
  <StrictMode>
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={client}>
        <RouterProvider router={createBrowserRouter(createRoutes())} />
      </QueryClientProvider>
    </CSPProvider>
  </StrictMode>,
);
