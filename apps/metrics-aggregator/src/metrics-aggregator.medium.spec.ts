// The built aggregator as its own process, between a real NATS and a real Postgres that are killed under it.
import { randomUUID } from 'node:crypto';
import { liveNumbersSchema, REQUEST_OUTCOMES, type RequestCompleted } from '@sluice/contracts';
import {
  ALL_TEAMS,
  ConsumerProgressRepository,
  MetricMinuteRepository,
  type MetricMinuteSums,
  migrateToLatest,
  openDatabase,
} from '@sluice/storage';
import {
  requestsOfSpool,
  startTestNats,
  startTestPostgres,
  testOutages,
  type TestServer,
  waitFor,
  type TestBus,
} from '@sluice/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AggregatorProcess } from './__fixtures__/aggregator-process.js';
import { openTestBus } from './__fixtures__/test-bus.js';
import { toMinute } from './rollup-window.js';

const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };
// What an aggregator that was ended had been sent and not begun comes again after AckWait, which is 30 s.
const CATCH_UP = {
  timeoutMs: 45_000,
  intervalMs: 50,
  message: () => `not in time; the aggregators say: ${running.map((found) => found.text).join('\n')}`,
};
const ALL_TIME = { from: new Date(0), to: new Date('2100-01-01') };

let nats: TestServer;
let postgres: TestServer;
let bus: TestBus;
let db: ReturnType<typeof openDatabase>;
let running: AggregatorProcess[] = [];

beforeEach(async () => {
  [nats, postgres] = await Promise.all([startTestNats(), startTestPostgres({ durable: true })]);
  await migrateToLatest(postgres.url, quiet);
  db = openDatabase({ url: postgres.url, poolSize: 2, applicationName: 'test', log: quiet });
  bus = await openTestBus(nats.url);
});

afterEach(async () => {
  await Promise.all(running.map((aggregator) => aggregator.end('SIGKILL')));
  running = [];
  await bus.close();
  await db.destroy();
  await Promise.all([nats.stop(), postgres.stop()]);
});

function startAggregator(): AggregatorProcess {
  const aggregator = new AggregatorProcess({ DATABASE_URL: postgres.url, NATS_URL: nats.url });
  running.push(aggregator);
  return aggregator;
}

const sums = (): Promise<MetricMinuteSums> => new MetricMinuteRepository(db).sums(ALL_TIME, ALL_TEAMS);
const countRequests = async (): Promise<number> => Number((await sums()).requests);
const progress = () =>
  new ConsumerProgressRepository(db).findByConsumer('metrics-requests', 'SLUICE_REQUESTS');
const allSettled = () => waitFor(async () => (await bus.countUnsettled()) === 0, CATCH_UP);

/** One spool's requests of many kinds, spread over three minutes. */
function variedRequests(count: number, spoolId: string): RequestCompleted[] {
  const now = Date.now();
  return requestsOfSpool(count, spoolId).map((event, index) => ({
    ...event,
    occurredAt: new Date(now - (index % 3) * 60_000).toISOString(),
    requestedModel: `model-${index % 5}`,
    provider: index % 7 === 0 ? null : `provider-${index % 2}`,
    keyId: `key-${index % 3}`,
    outcome: REQUEST_OUTCOMES[index % REQUEST_OUTCOMES.length]!,
    tokens: {
      ...event.tokens,
      input: index,
      output: 2 * index,
      cachedInput: index % 4,
      reasoning: index % 3,
    },
    costUsdNanos: index * 1_000_003,
  }));
}

const sumOf = (events: readonly RequestCompleted[], pick: (event: RequestCompleted) => number): bigint =>
  events.reduce((sum, event) => sum + BigInt(pick(event)), 0n);

const sumsOf = (events: readonly RequestCompleted[]): MetricMinuteSums => ({
  requests: BigInt(events.length),
  attempts: sumOf(events, (event) => event.attempts.length),
  inputTokens: sumOf(events, (event) => event.tokens.input),
  outputTokens: sumOf(events, (event) => event.tokens.output),
  cachedInputTokens: sumOf(events, (event) => event.tokens.cachedInput),
  cacheWriteTokens: sumOf(events, (event) => event.tokens.cacheWrite),
  reasoningTokens: sumOf(events, (event) => event.tokens.reasoning),
  costUsdNanos: sumOf(events, (event) => event.costUsdNanos),
});

describe('exactly once', () => {
  it('the same events published three times count once, and the sums of the minutes are those of the events', async () => {
    const spoolId = randomUUID();
    const events = variedRequests(500, spoolId);
    await bus.publish(events);
    const aggregator = startAggregator();
    await allSettled();
    // Cut anew, as by an edge that was started again.
    await bus.publish(events, 7);
    await bus.publish(events.toReversed(), 64);
    await allSettled();
    expect(await sums()).toEqual(sumsOf(events));
    expect(await progress()).toEqual([{ spoolId, applied: '{[1,501)}', dead: '{}' }]);
    const { body } = await aggregator.get('/metrics');
    expect(body).toMatch(/sluice_aggregator_events_total\{result="counted",.*\} 500\n/);
    expect(body).toMatch(/sluice_aggregator_events_total\{result="duplicate",.*\} 1000\n/);
    const counted = [...body.matchAll(/^sluice_requests_total\{.*\} (\d+)$/gm)].map(([, value]) =>
      Number(value),
    );
    expect(counted.reduce((sum, value) => sum + value, 0)).toBe(500);
  });

  it('an aggregator that is killed over and over in the middle of its batches loses nothing and doubles nothing', async () => {
    const spoolId = randomUUID();
    const total = 6_000;
    const events = variedRequests(total, spoolId);
    const publishing = bus.publish(events, 3);
    for (let round = 1; round <= 5; round += 1) {
      const aggregator = startAggregator();
      const target = (await countRequests()) + 150;
      await waitFor(async () => (await countRequests()) >= Math.min(target, total - 100), CATCH_UP);
      await aggregator.end('SIGKILL');
    }
    await publishing;
    startAggregator();
    await waitFor(async () => (await countRequests()) >= total, { timeoutMs: 60_000, intervalMs: 100 });
    expect(await sums()).toEqual(sumsOf(events));
    expect(await progress()).toEqual([{ spoolId, applied: `{[1,${total + 1})}`, dead: '{}' }]);
  }, 120_000);

  it('two aggregators share the work of several spools, without loss or doubles', async () => {
    const first = startAggregator();
    const second = startAggregator();
    await Promise.all([first.ready(), second.ready()]);
    const spools = [randomUUID(), randomUUID(), randomUUID()];
    const events = spools.flatMap((spoolId) => variedRequests(400, spoolId));
    const mixed = events.toSorted((a, b) => a.spoolSeq - b.spoolSeq);
    await bus.publish([...mixed, ...mixed.slice(0, 300)], 5);
    await allSettled();
    expect(await sums()).toEqual(sumsOf(events));
    expect(await progress()).toEqual(
      spools.toSorted().map((spoolId) => ({ spoolId, applied: '{[1,401)}', dead: '{}' })),
    );
    for (const aggregator of [first, second]) {
      const { body } = await aggregator.get('/metrics');
      expect(
        Number(/sluice_aggregator_events_total\{result="counted",.*\} (\d+)/.exec(body)?.[1]),
      ).toBeGreaterThan(0);
    }
  });
});

describe('minutes', () => {
  it('an event that comes late is in the minute in which its request was received', async () => {
    const occurredAt = new Date(Date.now() - 26 * 3_600_000).toISOString();
    await bus.publish(requestsOfSpool(3).map((event) => ({ ...event, occurredAt })));
    startAggregator();
    await allSettled();
    const rows = await db.selectFrom('metric_minute').select(['minute', 'requests']).execute();
    expect(rows).toEqual([{ minute: new Date(toMinute(occurredAt)), requests: 3 }]);
  });

  it('minutes past retention go at start, and the others stay', async () => {
    const days = (count: number): string => new Date(Date.now() - count * 86_400_000).toISOString();
    const events = [401, 402, 399].map((age) => ({ ...requestsOfSpool(1)[0]!, occurredAt: days(age) }));
    await bus.publish(events);
    const first = startAggregator();
    await allSettled();
    expect(await countRequests()).toBe(3);
    await first.end('SIGTERM');
    startAggregator();
    await waitFor(async () => (await countRequests()) === 1, CATCH_UP);
  });

  it('each event that can never be counted goes to the dead stream once, and the good ones around it count', async () => {
    const spoolId = randomUUID();
    const events = requestsOfSpool(40, spoolId);
    const bad = [
      { ...events[4]!, occurredAt: '0000-01-01T00:00:00.000Z' },
      { ...events[11]!, occurredAt: '9999-12-31T00:00:00.000Z' },
      { ...events[20]!, tokens: 'none' },
    ];
    const mixed = events.map((event) => bad.find((found) => found.eventId === event.eventId) ?? event);
    await bus.publish(mixed, 8);
    startAggregator();
    await allSettled();
    expect(await countRequests()).toBe(37);
    expect(await bus.countMessages('SLUICE_DEAD')).toBe(3);
    expect(await progress()).toEqual([
      { spoolId, applied: '{[1,5),[6,12),[13,21),[22,41)}', dead: '{[5,6),[12,13),[21,22)}' },
    ]);
  });
});

describe('live numbers', () => {
  it('once a second one message says how the whole fleet does, and also while Postgres is away', async () => {
    const aggregator = startAggregator();
    await aggregator.ready();
    const heard = bus.listenLive();
    const events = requestsOfSpool(30);
    await bus.publish(events);
    // A resend is heard twice and counts once.
    await bus.publish(events.slice(0, 10));
    const last = () => liveNumbersSchema.parse(heard.at(-1));
    const countLive = (): number => Math.round(last().total.requestsPerSecond * last().spanSeconds);
    await waitFor(() => countLive() === 30, CATCH_UP);
    expect(last()).toMatchObject({
      instance: expect.stringMatching(/^metrics-aggregator-/) as unknown,
      series: [{ model: 'demo-chat', provider: 'demo', errorsPerSecond: 0 }],
    });
    expect(last().total.latencyMs.p50).toBeCloseTo(21.5, -1);
    await postgres.kill();
    await bus.publish(requestsOfSpool(20));
    await waitFor(() => countLive() === 50, CATCH_UP);
    const before = heard.length;
    await waitFor(() => heard.length >= before + 3, CATCH_UP);
    const times = heard.slice(-3).map((message) => Date.parse(liveNumbersSchema.parse(message).at));
    expect(times.map((time) => time - times[0]!)).toEqual([0, 1_000, 2_000]);
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
  start: startAggregator,
  count: countRequests,
  progress,
  catchUp: CATCH_UP,
});
