import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openMigratedDatabase } from '../__fixtures__/open-migrated-database.js';
import { LATENCY_BUCKETS_MS, type NewMetricMinuteRow } from '../tables/metric-minute.table.js';
import { ConsumerProgressRepository } from './consumer-progress.repository.js';
import { MetricMinuteRepository } from './metric-minute.repository.js';
import { MetricMinuteWriter, type RollUpResult } from './metric-minute-writer.js';
import { ALL_TEAMS } from './team-scope.js';

const SPOOL = 'a3c0f2e8-0000-4000-8000-000000000001';
const OTHER_SPOOL = 'a3c0f2e8-0000-4000-8000-000000000002';
const STREAM = 'SLUICE_REQUESTS';
const ALL_TIME = { from: new Date(0), to: new Date('2100-01-01') };

interface Event {
  readonly spoolId: string;
  readonly spoolSeq: number;
  readonly model: string;
}

let database: Awaited<ReturnType<typeof openMigratedDatabase>>;
let writer: MetricMinuteWriter;
let minutes: MetricMinuteRepository;

beforeAll(async () => {
  database = await openMigratedDatabase();
  minutes = new MetricMinuteRepository(database.db);
});
beforeEach(async () => {
  await sql`truncate metric_minute, consumer_progress`.execute(database.db);
  writer = new MetricMinuteWriter(database.db);
});
afterAll(() => database.close());

const event = (spoolSeq: number, spoolId = SPOOL, model = 'm'): Event => ({ spoolId, spoolSeq, model });

function row(changes: Partial<NewMetricMinuteRow> = {}): NewMetricMinuteRow {
  const buckets = LATENCY_BUCKETS_MS.map((_, index) => (index === 3 ? 1 : 0)).concat(0);
  return {
    minute: '2026-11-22T10:01:00.000Z',
    model: 'm',
    provider: 'p',
    key_id: 'config:ci',
    team_id: 'default',
    outcome: 'succeeded',
    requests: 1n,
    attempts: 2n,
    input_tokens: 3n,
    output_tokens: 4n,
    cached_input_tokens: 5n,
    cache_write_tokens: 6n,
    reasoning_tokens: 7n,
    cost_usd_nanos: 8n,
    latency_sum_us: 30_000n,
    latency_buckets: buckets,
    first_token_sum_us: 10_000n,
    first_token_buckets: buckets.toReversed(),
    ...changes,
  };
}

/** One request for each event, by model. */
function rollUp(events: readonly Event[]): NewMetricMinuteRow[] {
  const byModel = Map.groupBy(events, ({ model }) => model);
  return [...byModel].map(([model, found]) => row({ model, requests: BigInt(found.length) }));
}

const apply = (events: readonly Event[], dead: readonly Event[] = []): Promise<RollUpResult<Event>> =>
  writer.apply({ consumer: 'metrics', stream: STREAM, events, dead, rollUp });
const ranges = () => new ConsumerProgressRepository(database.db).findByConsumer('metrics', STREAM);
const requests = async (): Promise<bigint> => (await minutes.sums(ALL_TIME, ALL_TEAMS)).requests;

describe('apply', () => {
  it('what is added to a minute that is there is the sum, bucket by bucket', async () => {
    await apply([event(1)]);
    await apply([event(2)]);
    const rows = await database.db.selectFrom('metric_minute').selectAll().execute();
    const added = row();
    expect(rows).toEqual([
      {
        ...added,
        minute: new Date(added.minute),
        requests: 2,
        attempts: 4,
        input_tokens: 6,
        output_tokens: 8,
        cached_input_tokens: 10,
        cache_write_tokens: 12,
        reasoning_tokens: 14,
        cost_usd_nanos: 16,
        latency_sum_us: 60_000,
        latency_buckets: added.latency_buckets.map((count) => count * 2),
        first_token_sum_us: 20_000,
        first_token_buckets: added.first_token_buckets.map((count) => count * 2),
      },
    ]);
  });

  it('the same number three times, in one batch and in later ones, counts once', async () => {
    expect(await apply([event(1), event(1)])).toMatchObject({ fresh: [event(1)] });
    expect(await apply([event(1)])).toMatchObject({ fresh: [] });
    expect(await apply([event(2), event(1), event(3)])).toMatchObject({ fresh: [event(2), event(3)] });
    expect(await requests()).toBe(3n);
    expect(await ranges()).toEqual([{ spoolId: SPOOL, applied: '{[1,4)}', dead: '{}' }]);
  });

  it('a dead number that is replayed counts once, moves to applied and never back', async () => {
    await apply([event(1)], [event(4)]);
    expect(await ranges()).toEqual([{ spoolId: SPOOL, applied: '{[1,2)}', dead: '{[4,5)}' }]);
    await apply([event(4)]);
    await apply([], [event(4)]);
    await apply([event(4)]);
    expect(await requests()).toBe(2n);
    expect(await ranges()).toEqual([{ spoolId: SPOOL, applied: '{[1,2),[4,5)}', dead: '{}' }]);
  });

  it('progress is per consumer: another one counts for itself', async () => {
    await apply([event(1)]);
    const other = await writer.apply({
      consumer: 'other',
      stream: STREAM,
      events: [event(1)],
      dead: [],
      rollUp,
    });
    expect(other).toMatchObject({ fresh: [event(1)] });
  });

  it.each([
    ['a number out of range', { cost_usd_nanos: 2n ** 70n }],
    ['a NUL in a label', { model: 'a\u0000b' }],
    ['an impossible minute', { minute: '0000-01-01T00:00:00.000Z' }],
  ])('with %s nothing is written, and it is reported without the value', async (_, bad) => {
    const result = await writer.apply({
      consumer: 'metrics',
      stream: STREAM,
      events: [event(1)],
      dead: [],
      rollUp: () => [row(bad)],
    });
    expect(result).toMatchObject({ kind: 'data_error', code: expect.stringMatching(/^2[23]/) as unknown });
    expect(await requests()).toBe(0n);
    expect(await ranges()).toEqual([]);
  });

  it('eight writers with the same and crossing events neither lose nor double any, nor deadlock for good', async () => {
    const events = Array.from({ length: 200 }, (_, index) =>
      event(index + 1, index % 2 === 0 ? SPOOL : OTHER_SPOOL, `m${index % 7}`),
    );
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        apply([...events.slice(n * 20), ...events.slice(0, n * 20)].slice(0, 120)),
      ),
    );
    await apply(events.toReversed());
    const counted = results.flatMap((result) => (result.kind === 'committed' ? result.fresh : []));
    expect(new Set(counted).size).toBe(counted.length);
    expect(await requests()).toBe(200n);
  });
});

describe('reads and retention', () => {
  it('sums are exact beyond what a number holds, within the span and the teams asked for', async () => {
    const huge = BigInt(Number.MAX_SAFE_INTEGER);
    const at = (minute: string, team_id: string): NewMetricMinuteRow =>
      row({ minute, team_id, cost_usd_nanos: huge });
    await writer.apply({
      consumer: 'metrics',
      stream: STREAM,
      events: [event(1)],
      dead: [],
      rollUp: () => [
        at('2026-11-22T10:00:00.000Z', 'a'),
        at('2026-11-22T10:01:00.000Z', 'a'),
        at('2026-11-22T10:01:00.000Z', 'b'),
        at('2026-11-22T10:02:00.000Z', 'a'),
      ],
    });
    const span = { from: new Date('2026-11-22T10:00:00Z'), to: new Date('2026-11-22T10:02:00Z') };
    expect((await minutes.sums(span, ALL_TEAMS)).costUsdNanos).toBe(3n * huge);
    expect((await minutes.sums(span, { kind: 'teams', teamIds: ['b'] })).requests).toBe(1n);
    expect(await minutes.deleteBefore(span.to, 2)).toBe(2);
    expect(await minutes.deleteBefore(span.to, 2)).toBe(1);
    expect(await requests()).toBe(1n);
  });
});
