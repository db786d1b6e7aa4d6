// R1: when every call fails, providers see little more than the requests themselves, not a multiple of them.
import { afterEach, expect, test } from 'vitest';
import type { LedgerServing } from '../harness/demo-ledger.js';
import { drive, percentile, type Seen } from './drive-load.js';
import { type Bench, NO_BREAKER, startBench } from './resilience-bench.js';
import { resilienceLoad } from './resilience.config.js';

const PER_SECOND = 25;
const MAX_AMPLIFICATION = 1.25;
const requests = resilienceLoad.stormSeconds * PER_SECOND;
const timeout = 60_000 + resilienceLoad.stormSeconds * 3_000;

let bench: Bench;
afterEach(() => bench[Symbol.asyncDispose]());

/** Calls by provider: each has a model of its own at the demo provider. */
const callsOf = (servings: readonly LedgerServing[], model: string): number =>
  servings.filter((serving) => serving.model.startsWith(model)).length;

const startStorm = async (
  circuitBreaker: object,
  requests: number,
): Promise<readonly [readonly Seen[], readonly LedgerServing[]]> => {
  bench = await startBench((demoUrl) => ({
    providers: { a: { baseUrl: `${demoUrl}/v1` }, b: { baseUrl: `${demoUrl}/v1` } },
    models: {
      one: { routes: [{ provider: 'a', model: 'demo-fast+tokens=1+fault=503' }] },
      two: {
        routes: [
          { provider: 'a', model: 'demo-fast+tokens=1+fault=503' },
          { provider: 'b', model: 'demo-fast+tokens=2+fault=503' },
        ],
      },
    },
    circuitBreaker,
  }));
  const seen = await drive(bench.gateway, {
    requests,
    perSecond: PER_SECOND,
    ask: (index) => ({ model: index % 2 === 0 ? 'one' : 'two', stream: index % 3 === 0 }),
  });
  return [seen, await bench.ledger.servings()];
};

test(
  `R1: ${requests} requests at ${PER_SECOND}/s, all of which fail, make at most ${MAX_AMPLIFICATION} calls each at either provider, and none queues`,
  { timeout },
  async () => {
    const [seen, servings] = await startStorm(NO_BREAKER, requests);
    const [a, b] = [callsOf(servings, 'demo-fast+tokens=1'), callsOf(servings, 'demo-fast+tokens=2')];
    const ratios = [a / requests, b / (requests / 2)];
    console.info(
      `R1 without breakers: ${a} + ${b} calls for ${requests} requests, ${ratios.map((one) => one.toFixed(3)).join(' and ')} a request`,
    );
    for (const ratio of ratios) {
      expect(ratio).toBeLessThanOrEqual(MAX_AMPLIFICATION);
      // Retries were made at all.
      expect(ratio).toBeGreaterThan(1.02);
    }
    expect(new Set(seen.map(({ status }) => status))).toEqual(new Set([502]));
    // Two backoffs of at most 200 and 400 ms; budget is not waited for.
    expect(
      percentile(
        seen.map(({ tookMs }) => tookMs),
        1,
      ),
    ).toBeLessThan(2_000);
    const events = await bench.eventsOf(seen);
    expect(Math.max(...events.map(({ attempts }) => attempts.length))).toBeLessThanOrEqual(3);
  },
);

test('R1: with breakers as they are configured, hardly anything is sent at all', { timeout }, async () => {
  const few = PER_SECOND * 3;
  const [seen, servings] = await startStorm({}, few);
  console.info(`R1 with breakers: ${servings.length} calls for ${few} requests`);
  expect(servings.length).toBeLessThanOrEqual(few * 0.4);
  for (const { status } of seen) expect([502, 503]).toContain(status);
});
