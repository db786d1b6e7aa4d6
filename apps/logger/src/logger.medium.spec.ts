// The built logger as its own process, between a real NATS and a real Postgres that are killed under it.
import { randomUUID } from 'node:crypto';
import {
  ALL_TEAMS,
  addDays,
  ConsumerProgressRepository,
  ensureDailyPartitions,
  listPartitions,
  migrateToLatest,
  openDatabase,
  RequestLogRepository,
  utcDay,
} from '@sluice/storage';
import {
  requestCompleted,
  requestsOfSpool,
  startTestNats,
  startTestPostgres,
  type TestServer,
  waitFor,
  type TestBus,
} from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LoggerProcess } from './__fixtures__/logger-process.js';
import { openTestBus } from './__fixtures__/test-bus.js';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
// What a logger that was ended had been sent and not begun comes again after AckWait, which is 30 s.
const CATCH_UP = {
  timeoutMs: 45_000,
  intervalMs: 50,
  message: () => `not in time; the loggers say: ${running.map((logger) => logger.text).join('\n')}`,
};

let nats: TestServer;
let postgres: TestServer;
let bus: TestBus;
let db: ReturnType<typeof openDatabase>;
let running: LoggerProcess[] = [];

beforeEach(async () => {
  [nats, postgres] = await Promise.all([startTestNats(), startTestPostgres({ durable: true })]);
  await migrateToLatest(postgres.url, quiet);
  db = openDatabase({ url: postgres.url, poolSize: 2, applicationName: 'test', log: quiet });
  bus = await openTestBus(nats.url);
});

afterEach(async () => {
  await Promise.all(running.map((logger) => logger.end('SIGKILL')));
  running = [];
  await bus.close();
  await db.destroy();
  await Promise.all([nats.stop(), postgres.stop()]);
});

function startLogger(): LoggerProcess {
  const logger = new LoggerProcess({ DATABASE_URL: postgres.url, NATS_URL: nats.url });
  running.push(logger);
  return logger;
}

const sums = () => new RequestLogRepository(db).countAndSums({}, ALL_TEAMS);
const countRows = async (): Promise<number> => (await sums()).requests;
const progress = () =>
  new ConsumerProgressRepository(db).findByConsumer('logger-requests', 'SLUICE_REQUESTS');
const allSettled = () =>
  waitFor(async () => (await bus.countUnsettled()) === 0, {
    ...CATCH_UP,
  });

describe('exactly once', () => {
  it('the same events published three times are one row and one applied number each', async () => {
    const spoolId = randomUUID();
    const events = requestsOfSpool(100, spoolId);
    await bus.publish(events);
    startLogger();
    await allSettled();
    // Cut anew, as by an edge that was started again.
    await bus.publish(events, 7);
    await bus.publish(events.toReversed(), 64);
    await allSettled();
    expect(await sums()).toMatchObject({
      requests: 100,
      inputTokens: 1_000,
      outputTokens: 500,
      costUsdNanos: 150_000n,
    });
    expect(await progress()).toEqual([{ spoolId, applied: '{[1,101)}', dead: '{}' }]);
  });

  it('a logger that is killed over and over in the middle of its batches loses nothing and doubles nothing', async () => {
    const spoolId = randomUUID();
    const total = 3_000;
    const publishing = bus.publish(requestsOfSpool(total, spoolId), 3);
    for (let round = 1; round <= 6; round += 1) {
      const logger = startLogger();
      const target = (await countRows()) + 150;
      await waitFor(async () => (await countRows()) >= Math.min(target, total - 100), CATCH_UP);
      await logger.end('SIGKILL');
    }
    await publishing;
    startLogger();
    await waitFor(async () => (await countRows()) >= total, { timeoutMs: 60_000, intervalMs: 100 });
    expect(await sums()).toMatchObject({ requests: total, inputTokens: total * 10 });
    expect(await progress()).toEqual([{ spoolId, applied: `{[1,${total + 1})}`, dead: '{}' }]);
  }, 120_000);

  it('two loggers share the work, without loss or doubles', async () => {
    const spoolId = randomUUID();
    startLogger();
    startLogger();
    await bus.publish(requestsOfSpool(1_000, spoolId), 5);
    await allSettled();
    expect(await countRows()).toBe(1_000);
    expect(await progress()).toEqual([{ spoolId, applied: '{[1,1001)}', dead: '{}' }]);
  });
});

describe('outages', () => {
  it('Postgres killed and started again under load: nothing is lost, nothing comes twice, and the log stays short', async () => {
    const logger = startLogger();
    await logger.ready();
    const spoolId = randomUUID();
    await bus.publish(requestsOfSpool(300, spoolId), 10);
    await waitFor(async () => (await countRows()) > 0, CATCH_UP);
    await postgres.kill();
    await bus.publish(requestsOfSpool(300, spoolId, 301), 10);
    await waitFor(async () => (await logger.get('/readyz')).status === 503, CATCH_UP);
    const { body } = await logger.get('/readyz');
    expect(body).toContain('DATABASE_URL');
    expect(body).toContain(new URL(postgres.url).host);
    await postgres.restart();
    await allSettled();
    expect(await countRows()).toBe(600);
    expect(await progress()).toEqual([{ spoolId, applied: '{[1,601)}', dead: '{}' }]);
    expect(logger.lines.filter((line) => line.level === 'error')).toEqual([]);
    expect(logger.lines.length).toBeLessThan(30);
  });

  it('NATS killed and started again: the logger reads on', async () => {
    const logger = startLogger();
    await logger.ready();
    await nats.kill();
    await waitFor(async () => (await logger.get('/readyz')).status === 503, CATCH_UP);
    await nats.restart();
    await bus.close();
    bus = await openTestBus(nats.url);
    await bus.publish(requestsOfSpool(50));
    await waitFor(async () => (await countRows()) === 50, CATCH_UP);
    await logger.ready();
  });

  it('started with neither there it says which variable and which address, waits, and works when they come', async () => {
    await Promise.all([nats.halt(), postgres.halt()]);
    const logger = startLogger();
    const { status, body } = await logger.get('/readyz');
    expect(status).toBe(503);
    expect(body).toContain(new URL(nats.url).host);
    await waitFor(() => /DATABASE_URL/.test(logger.text) && /NATS_URL/.test(logger.text), CATCH_UP);
    expect((await logger.get('/healthz')).status).toBe(200);
    const { password } = new URL(postgres.url);
    if (password !== '') expect(logger.text).not.toContain(password);
    await Promise.all([nats.restart(), postgres.restart()]);
    await logger.ready();
    await bus.close();
    bus = await openTestBus(nats.url);
    await bus.publish(requestsOfSpool(10));
    await waitFor(async () => (await countRows()) === 10, CATCH_UP);
  });

  it('SIGTERM under load ends with 0 within its time, and the next logger finishes the rest', async () => {
    const spoolId = randomUUID();
    const logger = startLogger();
    await logger.ready();
    const publishing = bus.publish(requestsOfSpool(2_000, spoolId), 4);
    await waitFor(async () => (await countRows()) > 100, CATCH_UP);
    expect(await logger.end('SIGTERM')).toEqual([0, null]);
    await publishing;
    startLogger();
    await allSettled();
    expect(await countRows()).toBe(2_000);
    expect(await progress()).toEqual([{ spoolId, applied: '{[1,2001)}', dead: '{}' }]);
  }, 90_000);

  it('SIGTERM while Postgres is away ends soon, and nothing is lost', async () => {
    const logger = startLogger();
    await logger.ready();
    await postgres.kill();
    await bus.publish(requestsOfSpool(20));
    await waitFor(() => logger.lines.some((line) => line.msg.includes('DATABASE_URL')), CATCH_UP);
    expect(await logger.end('SIGTERM'), logger.text).toEqual([0, null]);
    await postgres.restart();
    startLogger();
    await waitFor(async () => (await countRows()) === 20, CATCH_UP);
  }, 90_000);
});

describe('bad events', () => {
  it('each goes to the dead stream once, its number is dead, and the good ones around it are rows', async () => {
    const spoolId = randomUUID();
    const events = requestsOfSpool(40, spoolId);
    const bad = [
      { ...events[4]!, status: 2 ** 40 },
      { ...events[11]!, occurredAt: '9999-12-31T00:00:00.000Z' },
      { ...events[20]!, tokens: 'none' },
      { ...events[33]!, costUsdNanos: 1e308 },
    ];
    const mixed = events.map(
      (event) => bad.find((candidate) => candidate.eventId === event.eventId) ?? event,
    );
    await bus.publish(mixed, 8);
    startLogger();
    await allSettled();
    expect(await countRows()).toBe(36);
    expect(await bus.countMessages('SLUICE_DEAD')).toBe(4);
    expect(await progress()).toEqual([
      {
        spoolId,
        applied: '{[1,5),[6,12),[13,21),[22,34),[35,41)}',
        dead: '{[5,6),[12,13),[21,22),[34,35)}',
      },
    ]);
  });

  it('text that Postgres cannot hold costs no billing row: it is shown as U+FFFD', async () => {
    const event = requestCompleted({
      requestId: 'nul',
      errorMessage: 'a\u0000b\ud800c',
      requestedModel: 'x'.repeat(9_000),
    });
    await bus.publish([event]);
    startLogger();
    await allSettled();
    const [row] = await new RequestLogRepository(db).findByRequestId('nul', ALL_TEAMS);
    expect(row).toMatchObject({ error_message: 'a\ufffdb\ufffdc', cost_usd_nanos: 1_500 });
    expect(row?.requested_model).toHaveLength(256);
    expect(await bus.countMessages('SLUICE_DEAD')).toBe(0);
  });
});

describe('partitions', () => {
  it('at start those around today are made and those past retention are dropped', async () => {
    const today = utcDay(new Date());
    const old = addDays(today, -40);
    await ensureDailyPartitions(db, 'request_log', old, old);
    const logger = startLogger();
    await logger.ready();
    const names = (): Promise<string[]> =>
      listPartitions(db, 'request_log').then((found) => found.map((partition) => partition.name));
    const wanted = [-1, 0, 1, 2].map((days) => `request_log_p${addDays(today, days).replaceAll('-', '')}`);
    await waitFor(async () => (await names()).join() === wanted.join(), {
      ...CATCH_UP,
    });
  });
});
