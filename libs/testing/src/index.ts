export { createTestDatabase, type TestDatabase } from './create-test-database.js';
export { FakeClock } from './fake-clock.js';
export { freePort } from '@sluice/private-services';
export { startTestNats } from './start-test-nats.js';
export { startTestPostgres } from './start-test-postgres.js';
export { startTestRedis } from './start-test-redis.js';
export { tempDir, type TempDir } from './temp-dir.js';
export { type TestServer } from './test-server.js';
export { waitFor, type WaitForOptions } from './wait-for.js';
