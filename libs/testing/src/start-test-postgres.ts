import { startPostgres } from '@sluice/private-services';
import { startTestServer, type TestServer } from './test-server.js';

/**
 * A Postgres server of its own, for tests that kill or freeze it; all others take `createTestDatabase`, which is
 * much cheaper. Without fsync unless asked for.
 */
export function startTestPostgres(options: { readonly durable?: boolean } = {}): Promise<TestServer> {
  return startTestServer((start) => startPostgres({ durable: false, ...start, ...options }));
}
