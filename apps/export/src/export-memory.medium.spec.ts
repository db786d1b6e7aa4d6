// The built service's own memory, as the kernel counts it, while it exports from a table that was filled just now.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { migrateToLatest, openDatabase } from '@sluice/storage';
import {
  createTestDatabase,
  startTestNats,
  tempDir,
  type TempDir,
  type TestServer,
  waitFor,
} from '@sluice/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ExportProcess } from './__fixtures__/export-process.js';
import { fillRequestLog } from './__fixtures__/fill-request-log.js';
import { exportMemoryLoad } from './export-memory.config.js';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
const MIB = 1024 * 1024;
/** About 113 MiB are there before the first request, 59 of them pages of the node binary. */
const MOST_RSS_MIB = 150;
const DOUBLINGS = 6;
const NEWLINE = 10;
const SLOW_PIECES = 25;

let nats: TestServer;
let dir: TempDir;
let database: Awaited<ReturnType<typeof createTestDatabase>>;
let service: ExportProcess;
let url: string;

beforeAll(async () => {
  [nats, database] = await Promise.all([startTestNats(), createTestDatabase()]);
  await migrateToLatest(database.url, quiet);
  const db = openDatabase({
    url: database.url,
    poolSize: 2,
    applicationName: 'test',
    log: quiet,
    statementTimeoutMs: 600_000,
  });
  await fillRequestLog(db, { firstRows: exportMemoryLoad.rows / 2 ** DOUBLINGS, doublings: DOUBLINGS });
  await db.destroy();
}, 900_000);

afterAll(async () => {
  await database.drop();
  await nats.stop();
});

// A process for each measurement: its highest memory is that of one export.
beforeEach(async () => {
  dir = await tempDir();
  service = new ExportProcess({
    DATABASE_URL: database.url,
    NATS_URL: nats.url,
    SLUICE_DATA_DIR: dir.path,
  });
  await service.ready();
  url = `${await service.apiUrl()}/export/requests`;
});

afterEach(async () => {
  await service.end('SIGKILL');
  await dir.remove();
});

const statusOf = (field: string): number =>
  Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${service.pid}/status`, 'utf8'))![1]);
/** Highest resident memory so far. */
const peakMib = (): number => Math.ceil((statusOf('VmHWM') * 1024) / MIB);

async function open(search: string): Promise<IncomingMessage> {
  const started = request(`${url}?${search}`);
  started.end();
  const [response] = (await once(started, 'response')) as [IncomingMessage];
  return response;
}

async function countLines(response: IncomingMessage): Promise<number> {
  let lines = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) lines += 1;
  }
  return lines;
}

describe(`an export of ${exportMemoryLoad.rows} rows`, () => {
  it.each([
    ['jsonl', 'format=jsonl', 0],
    ['csv', 'format=csv', 1],
    ['csv with filters that every row passes', 'format=csv&outcome=succeeded&provider=demo', 1],
  ])(
    `as %s stays below ${MOST_RSS_MIB} MiB`,
    { timeout: 60_000 + exportMemoryLoad.rows },
    async (name, search, head) => {
      const startedAt = performance.now();
      const lines = await countLines(await open(search));
      const tookMs = performance.now() - startedAt;
      process.stdout.write(
        `${name}: ${lines} lines in ${(tookMs / 1000).toFixed(1)} s, at most ${peakMib()} MiB resident\n`,
      );
      expect(lines).toBe(exportMemoryLoad.rows + head);
      expect(peakMib()).toBeLessThanOrEqual(MOST_RSS_MIB);
      expect(service.text).not.toContain('an export failed');
    },
  );

  it('for a client that takes a little and then nothing for a while, again and again, stays where it is', async () => {
    const response = await open('format=jsonl');
    response.pause();
    const chunks = response[Symbol.asyncIterator]();
    for (let piece = 0; piece < SLOW_PIECES; piece += 1) {
      await chunks.next();
      await service.idles();
    }
    // Whole again: nothing was lost while it waited.
    expect(service.text).not.toContain('an export');
    expect(peakMib()).toBeLessThanOrEqual(MOST_RSS_MIB);
    response.destroy();
    await waitFor(() => service.text.includes('an export has ended'));
  }, 120_000);

  it(
    'runs four at a time in memory that does not grow with them',
    async () => {
      const counts = await Promise.all(
        Array.from({ length: 4 }, async () => countLines(await open(`format=jsonl`))),
      );
      process.stdout.write(`four at a time: at most ${peakMib()} MiB resident\n`);
      expect(new Set(counts)).toEqual(new Set([exportMemoryLoad.rows]));
      expect(peakMib()).toBeLessThanOrEqual(MOST_RSS_MIB + 3 * 10);
    },
    60_000 + 4 * exportMemoryLoad.rows,
  );
});
