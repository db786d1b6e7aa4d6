// R4: a credential whose money or quota is gone.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drive, sendOne } from './drive-load.js';
import { type Bench, startBench } from './resilience-bench.js';
import { resilienceLoad } from './resilience.config.js';

const PER_SECOND = 50;
const requests = resilienceLoad.quotaRequests;
const BROKE = 'demo-fast+tokens=1+fault=quota';
const WELL = 'demo-fast+tokens=2';

let bench: Bench;
beforeAll(async () => {
  bench = await startBench((demoUrl) => ({
    providers: Object.fromEntries(
      ['broke', 'well', 'alone'].map((name) => [name, { baseUrl: `${demoUrl}/v1` }]),
    ),
    models: {
      m: {
        routes: [
          { provider: 'broke', model: BROKE },
          { provider: 'well', model: WELL },
        ],
      },
      // The same credential under another name of the model.
      other: {
        routes: [
          { provider: 'broke', model: 'demo-fast+tokens=3+fault=quota' },
          { provider: 'well', model: WELL },
        ],
      },
      alone: { routes: [{ provider: 'alone', model: 'demo-fast+tokens=4+fault=quota' }] },
    },
  }));
});
afterAll(() => bench[Symbol.asyncDispose]());

const callsOf = async (name: string): Promise<number> =>
  (await bench.ledger.servings()).filter(({ model }) => model.startsWith(name)).length;

test(
  `R4: a credential without quota is called once; the next route serves at once, and ${requests} more requests leave it alone`,
  { timeout: 60_000 + requests * 100 },
  async () => {
    const first = await sendOne(bench.gateway, { model: 'm' });
    expect(first.status).toBe(200);
    const [event] = await bench.eventsOf([first]);
    expect(
      event?.attempts.map(({ provider, errorCode, decision }) => [provider, errorCode, decision]),
    ).toEqual([
      ['broke', 'provider_quota_exhausted', 'next_route'],
      ['well', null, 'served'],
    ]);
    const seen = await drive(bench.gateway, {
      requests,
      perSecond: PER_SECOND,
      ask: (index) => ({ model: index % 2 === 0 ? 'm' : 'other', stream: index % 3 === 0 }),
    });
    for (const { status } of seen) expect(status).toBe(200);
    for (const { attempts } of await bench.eventsOf(seen)) {
      expect(attempts.map(({ provider }) => provider)).toEqual(['well']);
    }
    expect([await callsOf('demo-fast+tokens=1'), await callsOf('demo-fast+tokens=3')]).toEqual([1, 0]);
    console.info(`R4: 1 call to the credential without quota, ${requests + 1} requests served`);
  },
);

test('R4: it is told as a health event, without the credential', () => {
  const told = bench.health().filter(({ provider }) => provider === 'broke');
  expect(told.map(({ state, kind }) => [state, kind])).toEqual([['cooldown', 'quota']]);
  expect(told[0]?.credential).toMatch(/^[0-9a-f]{16}$/);
});

test('R4: where nobody else can serve, the client hears so without a repeat and without the words of the provider', async () => {
  const first = await sendOne(bench.gateway, { model: 'alone' });
  expect([first.status, first.code]).toEqual([502, 'provider_credential_rejected']);
  expect(first.body).not.toContain('insufficient_quota');
  const again = await sendOne(bench.gateway, { model: 'alone' });
  expect([again.status, again.code]).toEqual([429, 'provider_rate_limited']);
  expect(again.retryAfter).toBeGreaterThan(5);
  expect(await callsOf('demo-fast+tokens=4')).toBe(1);
});
