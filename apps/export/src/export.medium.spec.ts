// The built export service as its own process, with a real NATS and a real Postgres.
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrateToLatest, openDatabase } from '@sluice/storage';
import {
  requestsOfSpool,
  startTestNats,
  startTestPostgres,
  tempDir,
  type TempDir,
  type TestServer,
  waitFor,
  type TestBus,
} from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExportProcess } from './__fixtures__/export-process.js';
import { openTestBus } from './__fixtures__/test-bus.js';

// What a service that was killed had been sent comes again after AckWait, which is 30 s.
const CATCH_UP = {
  timeoutMs: 45_000,
  intervalMs: 50,
  message: () => `not in time; the services say: ${running.map((service) => service.text).join('\n')}`,
};

let nats: TestServer;
let dir: TempDir;
let bus: TestBus;
let running: ExportProcess[] = [];

beforeEach(async () => {
  [nats, dir] = await Promise.all([startTestNats(), tempDir()]);
  bus = await openTestBus(nats.url);
});

afterEach(async () => {
  await Promise.all(running.map((service) => service.end('SIGKILL')));
  running = [];
  await bus.close();
  await nats.stop();
  await dir.remove();
});

function startExport(env: Record<string, string> = {}): ExportProcess {
  const service = new ExportProcess({
    // The continuous export does not need it.
    DATABASE_URL: 'postgres://127.0.0.1:1/none',
    NATS_URL: nats.url,
    SLUICE_DATA_DIR: dir.path,
    ...env,
  });
  running.push(service);
  return service;
}

/** The ids in all files together, each line read as JSON; the last line of a part may be under way. */
function exportedIds(): string[] {
  const folder = join(dir.path, 'exports');
  const files = readdirSync(folder).filter((name) => /^requests-.*\.jsonl(\.part)?$/.test(name));
  return files.flatMap((name) => {
    const lines = readFileSync(join(folder, name), 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => (JSON.parse(line) as { eventId: string }).eventId);
  });
}
const countLines = (): number => {
  try {
    return exportedIds().length;
  } catch {
    return 0;
  }
};
const allSettled = () => waitFor(async () => (await bus.countUnsettled()) === 0, CATCH_UP);

describe('the continuous export', () => {
  it('a service that is killed over and over in the middle of its appends has each event once, and so do duplicates', async () => {
    const events = requestsOfSpool(4_000, randomUUID());
    const publishing = bus.publish(events, 4);
    for (let round = 1; round <= 6; round += 1) {
      const service = startExport();
      const target = Math.min(countLines() + 200, events.length - 100);
      await waitFor(() => countLines() >= target, { ...CATCH_UP, intervalMs: 5 });
      await service.end('SIGKILL');
    }
    await publishing;
    // Cut anew, as by an edge that was started again.
    await bus.publish(events.toReversed(), 64);
    startExport();
    await allSettled();
    const ids = exportedIds();
    expect(ids).toHaveLength(events.length);
    expect(ids.sort()).toEqual(events.map((event) => event.eventId).sort());
  }, 150_000);

  it('SIGTERM under load ends with 0, and the next service finishes the rest', async () => {
    const events = requestsOfSpool(1_500);
    const service = startExport();
    await service.ready();
    const publishing = bus.publish(events, 4);
    await waitFor(() => countLines() > 100, CATCH_UP);
    expect(await service.end('SIGTERM'), service.text).toEqual([0, null]);
    await publishing;
    startExport();
    await allSettled();
    expect(exportedIds().sort()).toEqual(events.map((event) => event.eventId).sort());
  }, 90_000);

  it('an event that cannot be read is a dead letter, and the good ones around it are lines', async () => {
    const events = requestsOfSpool(10);
    await bus.publish(events.map((event, index) => (index === 4 ? { ...event, tokens: 'none' } : event)));
    startExport();
    await allSettled();
    expect(exportedIds()).toEqual(events.filter((_, index) => index !== 4).map((event) => event.eventId));
    expect(await bus.countMessages('SLUICE_DEAD')).toBe(1);
  });

  it('a second service on the same folder holds and names the file, and takes over when the first has gone', async () => {
    const first = startExport();
    await first.ready();
    const second = startExport();
    await waitFor(
      async () => (await second.get('/readyz')).body.includes('requests.state.sqlite is in use'),
      CATCH_UP,
    );
    await first.end('SIGKILL');
    await second.ready();
    const events = requestsOfSpool(5);
    await bus.publish(events);
    await allSettled();
    expect(exportedIds()).toEqual(events.map((event) => event.eventId));
  });
});

describe('without its database', () => {
  it('an export on demand is 503 as problem details, and the continuous export goes on', async () => {
    const service = startExport();
    await service.ready();
    const answer = await fetch(`${await service.apiUrl()}/export/requests?format=csv`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect(await answer.json()).toMatchObject({ type: 'urn:sluice:problem:database-away', status: 503 });
    await bus.publish(requestsOfSpool(3));
    await allSettled();
    expect(countLines()).toBe(3);
  });

  it('a database that dies in the middle of an export breaks the connection', async () => {
    const postgres = await startTestPostgres({ durable: true });
    const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
    await migrateToLatest(postgres.url, quiet);
    const db = openDatabase({ url: postgres.url, poolSize: 1, applicationName: 'test', log: quiet });
    const { fillRequestLog } = await import('./__fixtures__/fill-request-log.js');
    await fillRequestLog(db, { firstRows: 2_500, doublings: 3 });
    const service = startExport({ DATABASE_URL: postgres.url });
    const answer = await fetch(`${await service.apiUrl()}/export/requests?format=csv`);
    expect(answer.status).toBe(200);
    const reader = answer.body!.getReader();
    await reader.read();
    await postgres.kill();
    const readOn = async (): Promise<void> => {
      for (let done = false; !done;) ({ done } = await reader.read());
    };
    await expect(readOn()).rejects.toThrow(/terminated|aborted|socket/);
    await db.destroy();
    await postgres.stop();
  }, 60_000);
});
