import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { BUCKETS, DURABLES, STREAMS } from '@sluice/bus/publishing';
import { createTestDatabase, startTestNats, type TestDatabase, type TestServer } from '@sluice/testing';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runInit } from './run-init.js';

let nats: TestServer;
let database: TestDatabase;
let said: string[];
beforeEach(async () => {
  [nats, database] = await Promise.all([startTestNats(), createTestDatabase()]);
  said = [];
});
afterEach(() => Promise.all([nats.stop(), database.drop()]));

const init = (): Promise<void> =>
  runInit({ NATS_URL: nats.url, DATABASE_URL: database.url }, (line) => said.push(line));

async function whatIsThere(): Promise<{ streams: string[]; durables: string[]; tables: string[] }> {
  const connection = await connect({ servers: nats.url });
  const manager = await jetstreamManager(connection);
  const streams = Object.keys({ ...STREAMS, ...BUCKETS });
  const durables = Object.entries(DURABLES);
  for (const name of streams) await manager.streams.info(name);
  for (const [name, { stream }] of durables) await manager.consumers.info(stream, name);
  await connection.close();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = 'public'",
  );
  await client.end();
  return { streams, durables: durables.map(([name]) => name), tables: rows.map(({ name }) => name) };
}

test('it makes streams, durables and tables, and several at once do not disturb each other', async () => {
  await Promise.all([init(), init(), init()]);
  const there = await whatIsThere();
  expect(there.tables).toEqual(expect.arrayContaining(['request_log', 'metric_minute', 'consumer_progress']));
  await init();
  expect(await whatIsThere()).toEqual(there);
});

test('it waits for a server that comes later', async () => {
  await nats.halt();
  const done = init();
  await nats.restart();
  await done;
  expect((await whatIsThere()).streams).toContain('SLUICE_REQUESTS');
});

test('an address that is missing is asked for by name, and what it says shows no password', async () => {
  const url = new URL(database.url);
  await expect(runInit({ DATABASE_URL: url.href }, (line) => said.push(line))).rejects.toThrow(
    'NATS_URL or NATS_URL_FILE has to be set.',
  );
  expect(url.password).not.toBe('');
  expect(said.join('\n')).not.toContain(url.password);
});

test('a password that does not fit ends it at once and by name: waiting would not help', async () => {
  const url = new URL(database.url);
  url.username = 'nobody-of-that-name';
  url.password = 'guess guess';
  const startedMs = performance.now();
  const run = runInit({ NATS_URL: nats.url, DATABASE_URL: url.href }, (line) => said.push(line));
  await expect(run).rejects.toThrow(/postgres cannot be used after \d+ s: password authentication failed/);
  expect(performance.now() - startedMs).toBeLessThan(20_000);
  expect(said.join('\n')).not.toContain('guess');
});
