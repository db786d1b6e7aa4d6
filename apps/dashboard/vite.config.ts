// How the app becomes files that admin-api can serve under a policy of 'self' only: nothing inline, nothing from elsewhere.
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const contracts = fileURLToPath(new URL('../../libs/contracts/', import.meta.url));

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  resolve: { conditions: ['@sluice/source', 'module', 'browser', 'development|production'] },
  build: {
    outDir: 'dist',
    // build.mjs empties it: the compiler keeps its notes there as well.
    emptyOutDir: false,
    target: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
    // A data: address in a style sheet or a script would be refused by the policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // The contracts are declarations: what no page uses stays out.
      treeshake: { moduleSideEffects: (id) => !id.startsWith(contracts) },
      output: {
        codeSplitting: {
          groups: [
            // In one chunk, so that what tells Zod to make no code runs before the first schema is made.
            { name: 'contracts', test: /libs\/contracts\/|node_modules\/zod\/|api\/no-code-generation/ },
            // Changes seldom: stays in the browser's cache over most updates.
            { name: 'react', test: /node_modules\/(react|react-dom|scheduler|react-router)\// },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    // The session's cookie and Origin stay those of one host.
    proxy: { '/api': { target: 'http://127.0.0.1:8090', changeOrigin: false } },
  },
});
