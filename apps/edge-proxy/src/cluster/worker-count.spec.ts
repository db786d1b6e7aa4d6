import { expect, test } from 'vitest';
import { makeTestGeneration, modelOver } from '../__fixtures__/test-generation.js';
import type { ConfigGeneration } from '../control/config-generation.js';
import { countWorkers, whyNotShared } from './worker-count.js';

const configWith = async (server: object, maxConcurrency?: number): Promise<ConfigGeneration['config']> => {
  const providers = [{ baseUrl: 'http://127.0.0.1:9/v1' }];
  const { config } = await makeTestGeneration(
    modelOver(providers, {
      sections: { server },
      ...(maxConcurrency === undefined ? {} : { provider: { maxConcurrency } }),
    }),
  );
  return config;
};

test.each([
  ['a number is taken as it is', { workers: 3 }, undefined, 3],
  ['nothing said is one process', {}, undefined, 1],
  ['"auto" is one for each core', { workers: 'auto' }, undefined, 8],
  ['"auto" is no more than a provider allows calls', { workers: 'auto' }, 2, 2],
  ['"auto" is no more than the edge allows requests', { workers: 'auto', maxConcurrency: 5 }, 7, 5],
])('%s', async (_title, server, maxConcurrency, expected) => {
  expect(countWorkers(await configWith(server, maxConcurrency), 8)).toBe(expected);
});

test('a bound below the number of workers is refused by its name, one that gives each a share is not', async () => {
  expect(whyNotShared(await configWith({ workers: 'auto' }, 3), 4)).toContain(
    'providers.p1.maxConcurrency is 3',
  );
  expect(whyNotShared(await configWith({ workers: 'auto', maxConcurrency: 2 }, 9), 4)).toContain(
    'server.maxConcurrency is 2',
  );
  expect(whyNotShared(await configWith({ workers: 'auto' }, 4), 4)).toBeNull();
  expect(whyNotShared(await configWith({ workers: 'auto' }), 4)).toBeNull();
});
