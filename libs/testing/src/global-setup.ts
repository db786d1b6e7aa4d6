// Runs once before the medium tests: one Postgres for all files, and the other binaries fetched if need be,
// so that no test file pays for that within its own time limit.
import { findNatsServer, findRedisServer } from '@sluice/private-services';
import type { TestProject } from 'vitest/node';
import './provided-context.js';
import { serverEnvironment } from './server-environment.js';
import { startTestPostgres } from './start-test-postgres.js';

/** Starts what the test files share; what it returns ends it again. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const say = (line: string): void => console.info(line);
  const given = process.env['SLUICE_TEST_DATABASE_URL'] ?? process.env['DATABASE_URL'];
  const [postgres] = await Promise.all([
    given === undefined ? startTestPostgres() : undefined,
    findNatsServer(serverEnvironment(), say),
    findRedisServer(serverEnvironment(), say),
  ]);
  const url = given ?? postgres?.url;
  if (url === undefined) throw new Error('no database server');
  project.provide('databaseServerUrl', url);
  return async () => {
    await postgres?.stop();
  };
}
