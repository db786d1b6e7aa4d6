// R2: one deadline over all attempts, and at most maxAttempts of them, however they are chained.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drive, percentile } from './drive-load.js';
import { type Bench, NO_BREAKER, startBench } from './resilience-bench.js';
import { resilienceLoad } from './resilience.config.js';

const PER_SECOND = 25;
const MAX_ATTEMPTS = 3;
const MAX_OVERSHOOT_MS = 100;
const runs = resilienceLoad.deadlineRuns;

let bench: Bench;
beforeAll(async () => {
  const fails = (name: string, faults: string): object => ({ provider: name, model: `demo-fast+${faults}` });
  bench = await startBench((demoUrl) => ({
    providers: Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { baseUrl: `${demoUrl}/v1` }])),
    models: {
      // Fails slowly, then hangs.
      slow: { routes: [fails('a', 'fault=slow:80+fault=503'), fails('b', 'fault=slow:30000')] },
      // One slow failure after the other, into the fallback's.
      chain: { routes: [fails('a', 'fault=slow:120+fault=503')], fallbacks: ['chain2'] },
      chain2: { routes: [fails('b', 'fault=slow:150+fault=529')], fallbacks: ['chain3'] },
      chain3: { routes: [fails('c', 'fault=stall')] },
      // Ends in a backoff: the same provider again and again.
      repeat: { routes: [fails('c', 'fault=slow:50+fault=503')] },
      // Rate limited with a hint that is waited out.
      limited: { routes: [fails('b', 'fault=429:1')] },
    },
    retry: { initialBackoff: '300ms', jitter: 'none', budgetRatio: 1, maxAttempts: MAX_ATTEMPTS },
    circuitBreaker: NO_BREAKER,
  }));
});
afterAll(() => bench[Symbol.asyncDispose]());

test(
  `R2: ${runs} requests that fail, hang, back off and fall back end at most ${MAX_OVERSHOOT_MS} ms after their deadline, with at most ${MAX_ATTEMPTS} calls`,
  { timeout: 60_000 + runs * 200 },
  async () => {
    const models = ['slow', 'chain', 'repeat', 'limited'];
    const deadlineOf = (index: number): number => 60 + ((index * 37) % 700);
    const pauses = monitorEventLoopDelay({ resolution: 5 });
    pauses.enable();
    const seen = await drive(bench.gateway, {
      requests: runs,
      perSecond: PER_SECOND,
      ask: (index) => ({
        model: models[index % models.length] ?? '',
        stream: index % 3 === 0,
        headers: { 'x-sluice-deadline-ms': String(deadlineOf(index)) },
      }),
    });
    pauses.disable();
    // This process has next to nothing to do: what it was kept waiting, the edge may have been, too.
    const pauseMs = pauses.max / 1e6;
    const events = await bench.eventsOf(seen);
    // From receipt to the end of the answer, as the edge measures; the client's view has this busy machine in it.
    const overshoots = events.map(({ timing }, index) => timing.totalMs - deadlineOf(index));
    const seenOvershoots = seen.map(({ tookMs }, index) => tookMs - deadlineOf(index));
    const attempts = events.map((event) => event.attempts.length);
    const ended = events.filter(({ errorCode }) => errorCode === 'deadline_exceeded').length;
    console.info(
      `R2: ${ended} of ${runs} ended by their deadline; overshoot at most ${Math.max(...overshoots).toFixed(1)} ms by the edge, ` +
        `p99 ${percentile(seenOvershoots, 0.99).toFixed(1)} and at most ${Math.max(...seenOvershoots).toFixed(1)} ms by the client; at most ${Math.max(...attempts)} calls; pauses of the machine up to ${pauseMs.toFixed(1)} ms`,
    );
    expect(ended).toBeGreaterThan(runs / 4);
    expect(Math.max(...overshoots)).toBeLessThanOrEqual(MAX_OVERSHOOT_MS + pauseMs);
    expect(Math.max(...attempts)).toBeLessThanOrEqual(MAX_ATTEMPTS);
    for (const { status } of seen) expect([429, 502, 504]).toContain(status);
  },
);

test('R2: what the events say of calls is what the provider has served', async () => {
  const servings = await bench.ledger.servings();
  const byRequest = new Map<string, number>();
  for (const { attemptId } of servings) {
    const eventId = attemptId.slice(0, attemptId.lastIndexOf('.'));
    byRequest.set(eventId, (byRequest.get(eventId) ?? 0) + 1);
  }
  expect(byRequest.size).toBeGreaterThan(0);
  expect(Math.max(...byRequest.values())).toBeLessThanOrEqual(MAX_ATTEMPTS);
});
