import { defineConfig } from 'vitest/config';

// Tests read the sources directly (condition @sluice/source); only black-box suites run the built services.
const source = {
  resolve: { conditions: ['@sluice/source', 'module', 'node', 'development|production'] },
  ssr: { resolve: { conditions: ['@sluice/source', 'module', 'node', 'development|production'] } },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
};

export default defineConfig({
  test: {
    projects: [
      {
        ...source,
        test: {
          name: 'unit',
          include: ['{apps,libs,tools}/*/src/**/*.spec.ts'],
          exclude: ['**/*.medium.spec.ts', '**/node_modules/**', '**/dist/**'],
        },
      },
      {
        ...source,
        test: {
          name: 'medium',
          include: ['{apps,libs,tools}/*/src/**/*.medium.spec.ts'],
          globalSetup: ['libs/testing/src/global-setup.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...source,
        test: {
          name: 'e2e',
          include: ['apps/e2e/src/**/*.e2e.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
