import { startRedis } from '@sluice/private-services';
import { startTestServer, type TestServer } from './test-server.js';

/** A Redis server for one test file, never a shared one: a test may kill or flush it. */
export function startTestRedis(): Promise<TestServer> {
  return startTestServer(startRedis);
}
