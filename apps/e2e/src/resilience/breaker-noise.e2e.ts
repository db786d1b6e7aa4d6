// R8: what clients do wrong, and that they go away, is no failure of the provider.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { plainAnswer, startStubProvider, type StubProvider } from '../harness/edge-process.js';
import { drive, sendOne } from './drive-load.js';
import { type Bench, startBench } from './resilience-bench.js';
import { resilienceLoad } from './resilience.config.js';

const PER_SECOND = 100;
const noise = resilienceLoad.noiseRequests;

let provider: StubProvider;
let bench: Bench;
let waiting = 0;
beforeAll(async () => {
  provider = await startStubProvider();
  provider.answer = (response, body) => {
    if (body.includes('bad')) {
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(
        '{"error":{"message":"no","type":"invalid_request_error","param":"messages","code":null}}',
      );
    } else if (body.includes('think')) {
      // Until the client hangs up, which reaches here.
      waiting += 1;
      response.on('close', () => (waiting -= 1));
    } else {
      plainAnswer(response);
    }
  };
  bench = await startBench(() => ({
    providers: { p: { baseUrl: provider.baseUrl } },
    models: { m: { routes: [{ provider: 'p', model: 'm' }] } },
  }));
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

test(
  `R8: ${noise} bad requests and ${noise} that are aborted leave the breaker closed; aborts are logged as 499 and never retried`,
  { timeout: 60_000 + noise * 100 },
  async () => {
    const seen = await drive(bench.gateway, {
      requests: 2 * noise,
      perSecond: PER_SECOND,
      ask: (index) =>
        index % 2 === 0
          ? { model: 'm', content: 'bad' }
          : { model: 'm', content: 'think', stream: index % 4 === 1, abortAfterMs: 30 + (index % 50) },
    });
    const bad = seen.filter((_, index) => index % 2 === 0);
    const aborted = seen.filter((_, index) => index % 2 === 1);
    for (const { status } of bad) expect(status).toBe(400);
    for (const { status } of aborted) expect(status).toBeNull();
    for (const event of await bench.eventsOf(bad)) {
      expect([event.outcome, event.status, event.attempts.length]).toEqual(['failed', 400, 1]);
    }
    for (const event of await bench.eventsOf(aborted)) {
      expect([event.outcome, event.status, event.errorCode]).toEqual([
        'cancelled',
        499,
        'client_closed_request',
      ]);
      expect(event.attempts.map(({ decision }) => decision)).toEqual(['cancelled']);
    }
    expect(bench.health()).toEqual([]);
    // Every one of them was sent: nothing stood between.
    expect(provider.count).toBe(2 * noise);
    expect(waiting).toBe(0);
    expect((await sendOne(bench.gateway, { model: 'm' })).status).toBe(200);
    console.info(
      `R8: ${bad.length} bad and ${aborted.length} aborted requests, ${provider.count} calls, no change of the breaker`,
    );
  },
);
