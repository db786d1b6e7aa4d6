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
  testOutages,
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

testOutages({
  get nats() {
    return nats;
  },
  get postgres() {
    return postgres;
  },
  get bus() {
    return bus;
  },
  reopenBus: async () => {
    await bus.close();
    bus = await openTestBus(nats.url);
  },
  start: startLogger,
  count: countRows,
  progress,
  catchUp: CATCH_UP,
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
