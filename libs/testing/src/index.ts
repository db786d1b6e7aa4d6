export { createTestDatabase, type TestDatabase } from './create-test-database.js';
export { FakeClock } from './fake-clock.js';
export {
  FaultProxy,
  type FaultProxyOptions,
  type Faults,
  type FlowCut,
  type FlowFaults,
} from './fault-proxy.js';
export { freePort } from '@sluice/private-services';
export { type ServiceLogLine, ServiceProcess, type ServiceProcessOptions } from './service-process.js';
export { type OutageBench, testOutages } from './test-outages.js';
export { openTestBus, type TestBus, type TestBusOptions } from './test-bus.js';
export { seededRandom } from './seeded-random.js';
export { standIn } from './stand-in.js';
export { startTestNats } from './start-test-nats.js';
export { startTestPostgres } from './start-test-postgres.js';
export { startTestRedis } from './start-test-redis.js';
export { tempDir, type TempDir } from './temp-dir.js';
export { type TestServer } from './test-server.js';
export { waitFor, type WaitForOptions } from './wait-for.js';
export * from './request-events.js';
