import { startNats } from '@sluice/private-services';
import { startTestServer, type TestServer } from './test-server.js';

/** A NATS server with JetStream for one test file, never a shared one: a test may kill it. */
export function startTestNats(options: { readonly maxFileStoreBytes?: number } = {}): Promise<TestServer> {
  return startTestServer((start) => startNats({ ...start, ...options }));
}
