import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import './provided-context.js';
import { startTestPostgres } from './start-test-postgres.js';

/** An empty database of its own. */
export interface TestDatabase extends AsyncDisposable {
  /** libpq URL, with password. */
  readonly url: string;
  /** Ends its sessions and removes it. Idempotent. */
  drop(): Promise<void>;
}

const TIMEOUT_MS = 15_000;

/**
 * Makes a fresh, empty database: on the server that the medium project's global setup started, else on that of
 * `SLUICE_TEST_DATABASE_URL` or `DATABASE_URL` (needs CREATEDB), else on a private one that lives as long as this process.
 */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = await findServerUrl();
  const name = `sluice_test_${randomBytes(8).toString('hex')}`;
  await execute(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const drop = (): Promise<void> => execute(serverUrl, `drop database if exists ${name} with (force)`);
  return { url: url.href, drop, [Symbol.asyncDispose]: drop };
}

async function findServerUrl(): Promise<string> {
  const fromSetup = process.env['VITEST'] === undefined ? undefined : await injected();
  const url = fromSetup ?? process.env['SLUICE_TEST_DATABASE_URL'] ?? process.env['DATABASE_URL'];
  return url ?? (await ownServer());
}

async function injected(): Promise<string | undefined> {
  // Loaded here, not above: programs without vitest (the bench) use this lib too.
  const { inject } = await import('vitest');
  // Undefined in a project without our global setup, whatever the declared type says.
  return inject('databaseServerUrl');
}

let own: Promise<string> | undefined;

function ownServer(): Promise<string> {
  own ??= startTestPostgres().then((server) => {
    process.once('exit', () => server.signal('SIGINT'));
    return server.url;
  });
  return own;
}

async function execute(serverUrl: string, statement: string): Promise<void> {
  const client = new Client({
    connectionString: serverUrl,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  client.on('error', () => undefined); // told by the query that it breaks
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end().catch(() => undefined);
  }
}
