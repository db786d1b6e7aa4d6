// R6: a provider that dies hard, with a healthy one behind it.
import type { RequestCompleted } from '@sluice/contracts';
import { FaultProxy, type Faults } from '@sluice/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drive, percentile } from './drive-load.js';
import { type Bench, startBench } from './resilience-bench.js';
import { resilienceLoad } from './resilience.config.js';

const PER_SECOND = 100;
const WELL_SECONDS = 1;
const dead = resilienceLoad.deadSeconds * PER_SECOND;

/** Ways to die on the network; each has a provider of its own. */
const DEATHS = {
  refuses: { door: 'refuse' },
  resets: { up: { cut: { afterBytes: 20, how: 'reset' } } },
} as const satisfies Record<string, Faults>;
const DYING = [...Object.keys(DEATHS), 'answers-503'];
const MODEL_OF_503 = 'demo-fast+tokens=3';
/** Of ten requests nine go to those that die, one to a model that never opens a breaker: each of its requests fails over. */
const MODELS = [...DYING, ...DYING, ...DYING, 'fails-over'];

const proxies = new Map<string, FaultProxy>();
let bench: Bench;
beforeAll(async () => {
  bench = await startBench(async (demoUrl) => {
    for (const name of Object.keys(DEATHS))
      proxies.set(name, await FaultProxy.start({ target: demoUrl, seed: 6 }));
    const behind = { provider: 'healthy', model: 'demo-fast+tokens=2' };
    const model = (provider: string, name: string): object => ({
      routes: [{ provider, model: name }, behind],
    });
    return {
      providers: {
        ...Object.fromEntries([...proxies].map(([name, { origin }]) => [name, { baseUrl: `${origin}/v1` }])),
        'answers-503': { baseUrl: `${demoUrl}/v1` },
        'fails-over': { baseUrl: `${demoUrl}/v1` },
        healthy: { baseUrl: `${demoUrl}/v1` },
      },
      models: {
        ...Object.fromEntries(Object.keys(DEATHS).map((name) => [name, model(name, 'demo-fast+tokens=1')])),
        'answers-503': model('answers-503', MODEL_OF_503),
        'fails-over': model('fails-over', 'demo-fault-status:404'),
      },
    };
  });
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  for (const proxy of proxies.values()) await proxy.stop();
});

async function die(): Promise<void> {
  for (const [name, faults] of Object.entries(DEATHS)) {
    await proxies.get(name)?.set(faults);
    proxies.get(name)?.resetAll();
  }
  await bench.ledger.setFault('503', { model: MODEL_OF_503, next: 1_000_000 });
}

const load = async (requests: number): Promise<readonly RequestCompleted[]> => {
  const seen = await drive(bench.gateway, {
    requests,
    perSecond: PER_SECOND,
    ask: (index) => ({ model: MODELS[index % MODELS.length] ?? '', stream: index % 2 === 0 }),
  });
  // Status 200 alone does not say that a stream was whole.
  const failed = seen.filter(({ code, body }) => code !== null || !body.includes('finish_reason'));
  const reasons = failed.map(({ status, code }) => `${status} ${code}`);
  console.info(`R6: ${requests - failed.length} of ${requests} answered 200 and whole`, ...reasons);
  expect(failed.length / requests, reasons.join(', ')).toBeLessThanOrEqual(0.001);
  return bench.eventsOf(seen);
};

test(
  `R6: providers that die hard (${DYING.join(', ')}) cost no request: at most 1 % of the calls to them are still sent after their breakers opened, the next route is called within 5 ms`,
  { timeout: 60_000 + resilienceLoad.deadSeconds * 3_000 },
  async () => {
    await load(WELL_SECONDS * PER_SECOND);
    await die();
    const events = await load(dead);

    const sent = DYING.map((name) => countSent(name, events));
    const asked = sent.reduce((sum, { requests }) => sum + requests, 0);
    const calls = sent.reduce((sum, { calls: ofOne }) => sum + ofOne, 0);
    const gaps = events.flatMap(({ attempts }) => failoverGapsMs(attempts));
    console.info(
      `R6: after opening ${calls} of ${asked} calls were sent (${((calls / asked) * 100).toFixed(2)} %); ` +
        `${gaps.length} failovers, p50 ${percentile(gaps, 0.5).toFixed(2)} ms, p99 ${percentile(gaps, 0.99).toFixed(2)} ms, at most ${Math.max(...gaps).toFixed(2)} ms`,
    );
    expect(calls / asked).toBeLessThanOrEqual(0.01);
    expect(gaps.length).toBeGreaterThanOrEqual(dead / MODELS.length);
    expect(percentile(gaps, 0.99)).toBeLessThanOrEqual(5);
  },
);

test('R6: each breaker opened after five failures at most in a row, and says so', () => {
  for (const name of DYING) {
    const opened = bench.health().find(({ provider, state }) => provider === name && state === 'opened');
    expect([name, opened?.reason]).toEqual([name, '5 failures in a row']);
  }
  expect(bench.health().filter(({ provider }) => ['healthy', 'fails-over'].includes(provider))).toEqual([]);
});

/** Of one provider: the requests that came after its breaker opened, and the calls that were still sent to it. */
function countSent(
  name: string,
  events: readonly RequestCompleted[],
): { readonly requests: number; readonly calls: number } {
  const opened = bench.health().find(({ provider, state }) => provider === name && state === 'opened');
  if (opened === undefined) throw new Error(`the breaker of ${name} did not open`);
  const later = events.filter(
    ({ requestedModel, occurredAt }) => requestedModel === name && occurredAt > opened.occurredAt,
  );
  const calls = later.flatMap(({ attempts }) => attempts.filter(({ provider }) => provider === name));
  return { requests: later.length, calls: calls.length };
}

/** From the end of each attempt to the start of the next at another provider. */
function failoverGapsMs(attempts: RequestCompleted['attempts']): number[] {
  return attempts.slice(1).flatMap((next, index) => {
    const before = attempts[index];
    if (before === undefined || before.provider === next.provider) return [];
    return [next.startedMs - (before.startedMs + before.durationMs)];
  });
}
