import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMigratedDatabase } from '../__fixtures__/open-migrated-database.js';
import { LATENCY_BUCKETS_MS, type NewMetricMinuteRow } from '../tables/metric-minute.table.js';
import { MetricMinuteOverviewRepository, type OverviewRequest } from './metric-minute-overview.repository.js';
import { MetricMinuteWriter } from './metric-minute-writer.js';
import { ALL_TEAMS } from './team-scope.js';

const minute = (at: number) => new Date(Date.UTC(2026, 10, 22, 10, at));
const buckets = (place: number, count: number) =>
  Array.from({ length: LATENCY_BUCKETS_MS.length + 1 }, (_, index) => (index === place ? count : 0));

function row(changes: Partial<NewMetricMinuteRow>): NewMetricMinuteRow {
  return {
    minute: minute(0).toISOString(),
    model: 'a',
    provider: 'p',
    key_id: 'k',
    team_id: 'red',
    outcome: 'succeeded',
    requests: 1n,
    attempts: 1n,
    input_tokens: 10n,
    output_tokens: 5n,
    cached_input_tokens: 0n,
    cache_write_tokens: 0n,
    reasoning_tokens: 0n,
    cost_usd_nanos: 1_000n,
    latency_sum_us: 0n,
    latency_buckets: buckets(3, 1),
    first_token_sum_us: 0n,
    first_token_buckets: buckets(26, 1),
    ...changes,
  };
}

const rows = [
  row({}),
  row({ minute: minute(1).toISOString(), outcome: 'failed', requests: 3n, latency_buckets: buckets(3, 3) }),
  row({ minute: minute(2).toISOString(), outcome: 'rejected', model: '', provider: '', team_id: 'blue' }),
  row({ minute: minute(3).toISOString(), model: 'b', outcome: 'unknown', cost_usd_nanos: 2n ** 60n }),
];

let database: Awaited<ReturnType<typeof openMigratedDatabase>>;
let overview: MetricMinuteOverviewRepository;
beforeAll(async () => {
  database = await openMigratedDatabase();
  overview = new MetricMinuteOverviewRepository(database.db);
  await new MetricMinuteWriter(database.db).apply({
    consumer: 'test',
    stream: 'SLUICE_REQUESTS',
    events: [{ spoolId: randomUUID(), spoolSeq: 1 }],
    dead: [],
    rollUp: () => rows,
  });
});
afterAll(() => database.close());

const read = async (changes: Partial<OverviewRequest> = {}) => {
  const groups = await overview.read({
    span: { from: minute(0), to: minute(4) },
    stepSeconds: 120,
    scope: ALL_TEAMS,
    ...changes,
  });
  return (dimension: string) => groups.filter((group) => group.dimension === dimension);
};

describe('the overview', () => {
  it('adds up everything, and each dimension adds up to the same', async () => {
    const of = await read();
    expect(of('total')).toEqual([
      {
        dimension: 'total',
        name: '',
        requests: 6,
        failed: 4,
        rejected: 1,
        inputTokens: 40,
        outputTokens: 20,
        costUsdNanos: 2 ** 60 + 3_000,
        latencyBuckets: buckets(3, 6),
        firstTokenBuckets: buckets(26, 4),
      },
    ]);
    for (const dimension of ['step', 'model', 'provider', 'team']) {
      expect(of(dimension).reduce((sum, group) => sum + group.requests, 0)).toBe(6);
    }
    expect(Object.fromEntries(of('model').map((group) => [group.name, group.requests]))).toEqual({
      '': 1,
      a: 4,
      b: 1,
    });
    expect(Object.fromEntries(of('team').map((group) => [group.name, group.requests]))).toEqual({
      blue: 1,
      red: 5,
    });
  });

  it('cuts the span into steps that begin with it, from included, to excluded', async () => {
    const of = await read({ span: { from: minute(1), to: minute(3) }, stepSeconds: 60 });
    const steps = of('step').map(({ name, requests }) => [name, requests]);
    expect(steps.sort()).toEqual([
      [minute(1).toISOString(), 3],
      [minute(2).toISOString(), 1],
    ]);
  });

  it("shows the scope's teams only, and a total of nothing for nobody's", async () => {
    const ofBlue = await read({ scope: { kind: 'teams', teamIds: ['blue'] } });
    expect(ofBlue('total')[0]).toMatchObject({ requests: 1, rejected: 1, failed: 0 });
    expect(ofBlue('team').map((group) => group.name)).toEqual(['blue']);
    const ofNone = await read({ scope: { kind: 'teams', teamIds: [] } });
    expect(ofNone('total')).toMatchObject([{ requests: 0, latencyBuckets: buckets(0, 0) }]);
    expect(ofNone('team')).toEqual([]);
  });
});
