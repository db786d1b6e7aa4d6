// What a span came to, over the built service with a real Postgres.
import { randomUUID } from 'node:crypto';
import { NO_TOKENS, type Overview, overviewSchema } from '@sluice/contracts';
import { requestCompleted } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Browser } from '../__fixtures__/browser.js';
import { storeRequests } from '../__fixtures__/store-requests.js';
import { ADMIN_PASSWORD, startTestAdmin, type TestAdmin } from '../__fixtures__/test-admin.js';

// Each start of a service and each sign-in is CPU; a busy machine takes its time.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

let admin: TestAdmin;
let page: Browser;
const START_MS = Math.floor(Date.now() / 60_000) * 60_000 - 10 * 60_000;
const spoolId = randomUUID();

/** Twelve requests, one each twenty seconds: three a minute. */
const events = Array.from({ length: 12 }, (_, index) =>
  requestCompleted({
    spoolId,
    spoolSeq: index + 1,
    occurredAt: new Date(START_MS + index * 20_000).toISOString(),
    teamId: index < 4 ? 'red' : 'blue',
    requestedModel: index === 0 ? null : `model-${index % 2}`,
    provider: index === 1 ? null : 'demo',
    outcome: index === 2 ? 'failed' : index === 3 ? 'rejected' : index === 4 ? 'unknown' : 'succeeded',
    tokens: { ...NO_TOKENS, input: 10, output: index },
    costUsdNanos: 1_000 + index,
    timing: { queueMs: 0, overheadMs: 1, firstTokenMs: null, totalMs: 15 },
  }),
);

beforeAll(async () => {
  admin = await startTestAdmin();
  page = new Browser(admin.url);
  await Promise.all([storeRequests(admin.db, events), page.signedIn('admin', ADMIN_PASSWORD)]);
});
afterAll(() => admin.close());

const read = async (query: string, who = page): Promise<Overview> => {
  const answer = await who.get(`/api/overview${query}`);
  expect([answer.status, answer.text.slice(0, 300)]).toEqual([200, answer.text.slice(0, 300)]);
  return overviewSchema.parse(answer.json());
};
const at = (minute: number) => new Date(START_MS + minute * 60_000).toISOString();

describe('200', () => {
  it('without a span it is the last hour, minute by minute, up to now', async () => {
    const found = await read('');
    expect(Date.parse(found.to) - Date.parse(found.from)).toBe(3_600_000);
    expect(Date.parse(found.to)).toBeGreaterThanOrEqual(Date.now() - 60_000);
    expect([found.stepSeconds, found.points.length]).toEqual([60, 60]);
    expect(found.total).toEqual({
      requests: 12,
      failed: 2,
      rejected: 1,
      inputTokens: 120,
      outputTokens: 66,
      costUsdNanos: 12_066,
      // All between 10 and 20 ms, as if evenly spread.
      latencyMs: { p50: 15, p95: 19.5 },
      firstTokenMs: { p50: null, p95: null },
    });
    expect(found.models.map(({ name, requests }) => [name, requests])).toEqual([
      ['model-1', 6],
      ['model-0', 5],
      ['', 1],
    ]);
    expect(found.providers.map(({ name, requests }) => [name, requests])).toEqual([
      ['demo', 11],
      ['', 1],
    ]);
    expect(found.teams.map(({ name, requests }) => [name, requests])).toEqual([
      ['blue', 8],
      ['red', 4],
    ]);
  });

  it('a span is widened to whole minutes; every step has its point, from included, to excluded', async () => {
    const from = new Date(START_MS + 60_500).toISOString();
    const to = new Date(START_MS + 179_500).toISOString();
    const found = await read(`?from=${from}&to=${to}`);
    expect([found.from, found.to]).toEqual([at(1), at(3)]);
    expect(found.points.map((point) => [point.at, point.requests])).toEqual([
      [at(1), 3],
      [at(2), 3],
    ]);
    expect(found.total.requests).toBe(6);
  });

  it('the points of 31 days are few and add up to the total', async () => {
    const found = await read(`?from=${new Date(Date.now() - 30.9 * 86_400_000).toISOString()}`);
    expect(found.points.length).toBeLessThanOrEqual(240);
    expect(found.points.reduce((sum, point) => sum + point.requests, 0)).toBe(12);
  });

  it('a span without a request is all nothing', async () => {
    const found = await read('?from=2020-01-01T00:00:00Z&to=2020-01-01T01:00:00Z');
    expect([found.total.requests, found.total.latencyMs, found.models]).toEqual([
      0,
      { p50: null, p95: null },
      [],
    ]);
    expect(found.points).toHaveLength(60);
  });
});

describe('teams', () => {
  it("who sees some teams gets their sums and no other's name", async () => {
    await admin.addUser({ name: 'red-viewer', password: 'viewer-password', role: 'viewer', teams: ['red'] });
    const red = new Browser(admin.url);
    await red.signedIn('red-viewer', 'viewer-password');
    const found = await read('', red);
    expect([found.total.requests, found.total.failed, found.total.rejected]).toEqual([4, 1, 1]);
    expect(found.points.reduce((sum, point) => sum + point.requests, 0)).toBe(4);
    expect(found.teams.map((team) => team.name)).toEqual(['red']);
    expect(JSON.stringify(found)).not.toContain('blue');
  });
});

describe('400', () => {
  it.each([
    ['?from=2026-11-22', 'from', 'a time with its zone, like 2026-11-22T10:00:00Z'],
    ['?from=2026-11-22T10:00:00Z&to=2026-11-22T09:00:00Z', 'from', 'a time before to'],
    ['?from=2099-01-01T00:00:00Z', 'from', 'a time before to'],
    ['?from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z', 'from', 'at most 31 days before to'],
    ['?team=red', 'team', ['from', 'to']],
  ])('%s', async (query, parameter, allowed) => {
    const answer = await page.get(`/api/overview${query}`);
    expect([answer.status, answer.problem().errors]).toMatchObject([400, [{ parameter, allowed }]]);
  });
});
