// The request log over the built service with a real Postgres.
import { randomUUID } from 'node:crypto';
import { NO_TOKENS, requestDetailSchema, type RequestPage, requestPageSchema } from '@sluice/contracts';
import { requestCompleted } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Browser } from '../__fixtures__/browser.js';
import { storeRequests } from '../__fixtures__/store-requests.js';
import { ADMIN_PASSWORD, startTestAdmin, type TestAdmin } from '../__fixtures__/test-admin.js';

// Each start of a service and each sign-in is CPU; a busy machine takes its time.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

let admin: TestAdmin;
let page: Browser;

const START_MS = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
const spoolId = randomUUID();
/** Ten requests, two of each moment; every third of team `red`, every fifth failed. */
const events = Array.from({ length: 10 }, (_, index) =>
  requestCompleted({
    spoolId,
    spoolSeq: index + 1,
    requestId: index === 3 ? 'the-label' : `r-${index}`,
    occurredAt: new Date(START_MS + Math.floor(index / 2)).toISOString(),
    teamId: index % 3 === 0 ? 'red' : 'blue',
    requestedModel: index < 5 ? 'model-a' : 'model-b',
    provider: index === 9 ? null : 'demo',
    keyId: index === 2 ? 'config:two' : 'config:ci',
    outcome: index % 5 === 0 ? 'failed' : 'succeeded',
  }),
);
const newestFirst = events
  .toSorted((a, b) => (a.occurredAt + a.eventId < b.occurredAt + b.eventId ? 1 : -1))
  .map((event) => event.eventId);

beforeAll(async () => {
  admin = await startTestAdmin();
  page = new Browser(admin.url);
  await Promise.all([storeRequests(admin.db, events), page.signedIn('admin', ADMIN_PASSWORD)]);
});
afterAll(() => admin.close());

const list = async (query: string, who = page): Promise<RequestPage> => {
  const answer = await who.get(`/api/requests${query}`);
  expect([query, answer.status, answer.text.slice(0, 300)]).toEqual([query, 200, answer.text.slice(0, 300)]);
  return requestPageSchema.parse(answer.json());
};
const idsOf = async (query: string, who = page): Promise<string[]> =>
  (await list(query, who)).items.map((item) => item.eventId);

describe('200', () => {
  it('lists each request once, newest first, whatever the size of a page', async () => {
    for (const limit of [1, 3, 5, 10, 500]) {
      const ids: string[] = [];
      let cursor: string | null = '';
      while (cursor !== null) {
        const found = await list(`?limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`);
        ids.push(...found.items.map((item) => item.eventId));
        cursor = found.nextCursor;
      }
      expect(ids).toEqual(newestFirst);
    }
  });

  it('filters by time (from included, to excluded) and by every label', async () => {
    const of = (keep: (event: (typeof events)[number]) => boolean) =>
      newestFirst.filter((id) => events.some((event) => event.eventId === id && keep(event)));
    const middle = new Date(START_MS + 2).toISOString();
    expect(await idsOf(`?from=${middle}`)).toEqual(of((event) => event.occurredAt >= middle));
    expect(await idsOf(`?to=${middle}`)).toEqual(of((event) => event.occurredAt < middle));
    expect(await idsOf('?model=model-a')).toEqual(of((event) => event.requestedModel === 'model-a'));
    expect(await idsOf('?provider=demo')).toEqual(of((event) => event.provider === 'demo'));
    expect(await idsOf('?key=config:two')).toEqual(of((event) => event.keyId === 'config:two'));
    expect(await idsOf('?team=red')).toEqual(of((event) => event.teamId === 'red'));
    expect(await idsOf('?outcome=failed')).toEqual(of((event) => event.outcome === 'failed'));
    expect(await idsOf('?requestId=the-label')).toEqual([events[3]!.eventId]);
    expect(await idsOf('?team=red&outcome=failed')).toEqual(
      of((event) => event.teamId === 'red' && event.outcome === 'failed'),
    );
    expect(await idsOf("?model='%20or%20true--")).toEqual([]);
  });

  it('shows the whole event, with attempts and the tokens that have no column', async () => {
    const event = requestCompleted({
      spoolSeq: 7,
      tokens: { ...NO_TOKENS, input: 10, output: 5, audio: 3, image: 2 },
      attempts: requestCompleted().attempts.map((attempt) => ({
        ...attempt,
        tokens: { ...attempt.tokens, audio: 3, image: 2 },
      })),
      errorMessage: 'a "message" with <b>marks</b>',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      routing: {
        strategy: 'weighted',
        model: 'demo-chat',
        candidates: [
          {
            provider: 'demo',
            providerModel: 'demo-chat',
            model: 'demo-chat',
            order: 1,
            filtered: null,
            estimatedCostUsdNanos: 1_500,
          },
          {
            provider: 'other',
            providerModel: '<b>x</b>',
            model: 'demo-chat',
            order: null,
            filtered: 'cooldown',
            estimatedCostUsdNanos: null,
          },
        ],
      },
    });
    await storeRequests(admin.db, [event]);
    const answer = await page.get(`/api/requests/${event.eventId}`);
    const detail = requestDetailSchema.strict().parse(answer.json());
    expect({ ...detail, user: null, tags: [] }).toEqual({ ...event, loggedAt: event.occurredAt });
    expect((await page.get(`/api/requests/${event.eventId.toUpperCase()}`)).status).toBe(200);
    const [summary] = (await list(`?requestId=${event.requestId}`)).items;
    expect(summary).toMatchObject({ tokens: event.tokens, attemptCount: 1, totalMs: event.timing.totalMs });
    await admin.db.deleteFrom('request_log').where('event_id', '=', event.eventId).execute();
  });

  it('finds a request by the time in its id, and also when a clock had jumped', async () => {
    const idAt = (ms: number) => {
      const hex = ms.toString(16).padStart(12, '0');
      return `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-8def-0123456789ab`;
    };
    const now = Date.now();
    const [right, jumped] = [idAt(now), idAt(now - 5 * 86_400_000)];
    await storeRequests(
      admin.db,
      [right, jumped].map((eventId) => requestCompleted({ eventId })),
    );
    for (const id of [right, jumped]) {
      const answer = await page.get(`/api/requests/${id}`);
      expect([answer.status, answer.json()]).toMatchObject([200, { eventId: id }]);
      await admin.db.deleteFrom('request_log').where('event_id', '=', id).execute();
    }
  });
});

describe('teams', () => {
  it("who sees some teams gets their rows and no other's, in lists and by id, whatever the filter says", async () => {
    await admin.addUser({ name: 'red-viewer', password: 'viewer-password', role: 'viewer', teams: ['red'] });
    await admin.addUser({ name: 'nobody', password: 'viewer-password', role: 'operator' });
    const red = new Browser(admin.url);
    const session = await red.signedIn('red-viewer', 'viewer-password');
    expect(session).toMatchObject({ role: 'viewer', teams: ['red'] });
    const ofRed = newestFirst.filter((id) => events.some((e) => e.eventId === id && e.teamId === 'red'));
    expect(await idsOf('', red)).toEqual(ofRed);
    expect(await idsOf('?team=blue', red)).toEqual([]);
    expect(await idsOf('?key=config:two', red)).toEqual([]);
    for (const event of events) {
      const answer = await red.get(`/api/requests/${event.eventId}`);
      expect([event.teamId, answer.status]).toEqual([event.teamId, event.teamId === 'red' ? 200 : 404]);
    }
    const none = new Browser(admin.url);
    await none.signedIn('nobody', 'viewer-password');
    expect(await idsOf('', none)).toEqual([]);
  });
});

describe('400', () => {
  it.each([
    ['limit=0', 'limit', 'a whole number from 1 to 500'],
    ['limit=501', 'limit', 'a whole number from 1 to 500'],
    ['limit=ten', 'limit', 'a whole number from 1 to 500'],
    ['from=yesterday', 'from', 'a time with its zone, like 2026-11-22T10:00:00Z'],
    ['to=2026-02-30T00:00:00Z', 'to', 'a time with its zone, like 2026-11-22T10:00:00Z'],
    ['from=2026-11-22T10:00:00Z&to=2026-11-22T10:00:00Z', 'from', 'a time before to'],
    ['outcome=odd', 'outcome', ['succeeded', 'failed', 'cached', 'rejected', 'cancelled', 'unknown']],
    ['model=', 'model', 'text of 1 to 256 characters'],
    ['model=a&model=b', 'model', 'one value'],
    ['model=%00', 'model', 'text of 1 to 256 characters'],
    ['cursor=abc', 'cursor', 'the nextCursor of a page before'],
    [
      `cursor=${Buffer.from('2026-02-30T10:00:00.000000Z 0199a1b2-0000-7000-8000-000000000001').toString('base64url')}`,
      'cursor',
      'the nextCursor of a page before',
    ],
    ['colour=red', 'colour', expect.arrayContaining(['model', 'cursor']) as string[]],
  ])('%s names the parameter and what is allowed', async (query, parameter, allowed) => {
    const answer = await page.get(`/api/requests?${query}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      400,
      'application/problem+json; charset=utf-8',
    ]);
    expect(answer.json()).toMatchObject({
      type: 'urn:sluice:problem:invalid-request',
      errors: [{ parameter, allowed }],
    });
  });
});

describe('404', () => {
  it.each([
    '0199a1b2-0000-7000-8000-000000000001',
    'ffffffff-ffff-7fff-bfff-ffffffffffff',
    'no-id',
    '%00',
    'x'.repeat(99),
    'x'.repeat(200),
  ])('%s is no request', async (id) => {
    const answer = await page.get(`/api/requests/${id}`);
    expect([answer.status, answer.problem().type]).toEqual([404, 'urn:sluice:problem:not-found']);
  });
});
