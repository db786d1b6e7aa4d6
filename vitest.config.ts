import { defineConfig } from 'vitest/config';

// The projects run one after the other: black-box suites measure times, and on two cores neighbours spoil them.
// Tests read the sources directly (condition @sluice/source); only black-box suites run the built services.
const source = {
  resolve: { conditions: ['@sluice/source', 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: ['@sluice/source', 'module', 'node', 'development|production'] } },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
};

/** Suites that speak to a gateway of their own as clients do: they wait more than they compute, and measure nothing. */
const CLIENTS = [
  'apps/e2e/src/{sdk,cases}/**/*.e2e.ts',
  'apps/e2e/src/{bad-input,bad-input-fuzz,demo-provider-ledger,secrets-in-logs}.e2e.ts',
];

export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          sequence: { groupOrder: 0 },
          // Properties run thousands of cases; a busy machine takes its time.
          testTimeout: 30_000,
          include: ['{apps,libs,tools}/*/src/**/*.spec.ts'],
          exclude: ['**/*.medium.spec.ts', '**/node_modules/**', '**/dist/**'],
        },
      },
      {
        ...source,
        test: {
          name: 'medium',
          sequence: { groupOrder: 1 },
          include: ['{apps,libs,tools}/*/src/**/*.medium.spec.ts'],
          // They wait for servers more than they compute, and each has its own databases and streams.
          maxWorkers: 2,
          globalSetup: ['libs/testing/src/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...source,
        test: {
          name: 'clients',
          sequence: { groupOrder: 2 },
          include: CLIENTS,
          maxWorkers: 2,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        ...source,
        test: {
          name: 'e2e',
          sequence: { groupOrder: 3 },
          include: ['apps/e2e/src/**/*.e2e.ts'],
          exclude: [...CLIENTS, '**/node_modules/**', '**/dist/**'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        ...source,
        test: {
          // A real browser, so not in `npm test`: `.ci/run` installs Chromium and runs it.
          name: 'browser',
          sequence: { groupOrder: 4 },
          include: ['apps/e2e/src/browser/*.browser.ts'],
          testTimeout: 90_000,
          hookTimeout: 150_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
