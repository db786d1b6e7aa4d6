// R9: every route of a model is dead.
import { waitFor } from '@sluice/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LedgerServing } from '../harness/demo-ledger.js';
import { drive, percentile, sendOne } from './drive-load.js';
import { type Bench, startBench } from './resilience-bench.js';
import { resilienceLoad } from './resilience.config.js';

const PER_SECOND = 50;
const ROUTES = ['demo-fast+tokens=1', 'demo-fast+tokens=2'];
const HALF_OPEN_PROBES = 2;
const MAX_JITTER = 1.1;
const { allOpenSeconds, openForMs } = resilienceLoad;

let bench: Bench;
beforeAll(async () => {
  bench = await startBench((demoUrl) => ({
    providers: { a: { baseUrl: `${demoUrl}/v1` }, b: { baseUrl: `${demoUrl}/v1` } },
    models: {
      m: {
        routes: [
          { provider: 'a', model: ROUTES[0] },
          { provider: 'b', model: ROUTES[1] },
        ],
      },
    },
    circuitBreaker: { openFor: `${openForMs}ms`, halfOpenProbes: HALF_OPEN_PROBES },
  }));
});
afterAll(() => bench[Symbol.asyncDispose]());

test(
  `R9: with every route open for ${allOpenSeconds} s, at most ${HALF_OPEN_PROBES} requests a route and ${openForMs} ms are sent, all others get 503 with Retry-After at once; recovery takes one such time`,
  { timeout: 60_000 + allOpenSeconds * 5_000 },
  async () => {
    for (const model of ROUTES) await bench.ledger.setFault('503', { model, next: 1_000_000 });
    while (bench.health().filter(({ state }) => state === 'opened').length < ROUTES.length) {
      await sendOne(bench.gateway, { model: 'm' });
    }
    const [last] = (await bench.ledger.servings()).slice(-1);

    const seen = await drive(bench.gateway, {
      requests: allOpenSeconds * PER_SECOND,
      perSecond: PER_SECOND,
      ask: (index) => ({ model: 'm', stream: index % 2 === 0 }),
    });
    const sent = await bench.ledger.servings(last?.seq ?? 0);
    const refused = seen.filter(({ status }) => status === 503);
    for (const { code, retryAfter } of refused) {
      expect(code).toBe('no_healthy_route');
      expect(retryAfter).toBeGreaterThanOrEqual(1);
    }
    // What was sent failed, and says so.
    for (const { status } of seen) expect([502, 503]).toContain(status);
    const events = await bench.eventsOf(refused);
    const tookMs = events.map(({ timing }) => timing.totalMs);
    const windows = Math.ceil((allOpenSeconds * 1_000) / openForMs) + 1;
    console.info(
      `R9: ${refused.length} of ${seen.length} refused, p50 ${percentile(tookMs, 0.5).toFixed(2)} ms, p99 ${percentile(tookMs, 0.99).toFixed(2)} ms; ${ROUTES.map((model) => countOf(sent, model)).join(' + ')} calls in ${allOpenSeconds} s (at most ${HALF_OPEN_PROBES * windows} each)`,
    );
    // A busy machine has its pauses; a queue would show in every one.
    expect(percentile(tookMs, 0.5)).toBeLessThanOrEqual(5);
    expect(percentile(tookMs, 0.99)).toBeLessThanOrEqual(250);
    for (const model of ROUTES) expect(countOf(sent, model)).toBeLessThanOrEqual(HALF_OPEN_PROBES * windows);
    expect(sent.length).toBeGreaterThan(0);

    await bench.ledger.clearFaults();
    const healedMs = performance.now();
    const served = async (): Promise<boolean> =>
      (await sendOne(bench.gateway, { model: 'm' })).status === 200;
    await waitFor(served, { timeoutMs: openForMs * 10, intervalMs: 20 });
    const recoveryMs = performance.now() - healedMs;
    console.info(`R9: served again after ${Math.round(recoveryMs)} ms`);
    expect(recoveryMs).toBeLessThanOrEqual(openForMs * MAX_JITTER + 500);
  },
);

const countOf = (servings: readonly LedgerServing[], model: string): number =>
  servings.filter((serving) => serving.model === model).length;
