// R17: what breaks below HTTP is told apart, and only what reached nobody is tried again for free.
import { FaultProxy, type Faults } from '@sluice/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startExpiredServer, startFullServer } from './broken-servers.js';
import { countByStatus, drive, sendOne } from './drive-load.js';
import { type Bench, NO_BREAKER, startBench } from './resilience-bench.js';
import { resilienceLoad } from './resilience.config.js';

const MAX_ATTEMPTS = 2;
/** The request itself is far longer, so it is on its way by then. */
const IN_THE_REQUEST = 40;
/** After the head of the answer and before its end. */
const IN_THE_ANSWER = 300;

/** Faults of a line, by the code that an attempt gets. `sent`: something may have reached the provider. */
const LINES = {
  refused: { faults: { door: 'refuse' }, code: 'connect_refused', sent: false },
  'reset-in-request': {
    faults: { up: { cut: { afterBytes: IN_THE_REQUEST, how: 'reset' } } },
    code: 'connection_reset',
    sent: true,
  },
  'closed-in-request': {
    faults: { up: { cut: { afterBytes: IN_THE_REQUEST, how: 'close' } } },
    code: 'connection_reset',
    sent: true,
  },
  'reset-in-answer': {
    faults: { down: { cut: { afterBytes: IN_THE_ANSWER, how: 'reset' } } },
    code: 'connection_reset',
    sent: true,
  },
  'half-closed-in-answer': {
    faults: { down: { cut: { afterBytes: IN_THE_ANSWER, how: 'half-close' } } },
    code: 'connection_reset',
    sent: true,
  },
  'silent-in-answer': {
    faults: { down: { cut: { afterBytes: IN_THE_ANSWER, how: 'stall' } } },
    code: 'idle_timeout',
    sent: true,
  },
  'black-hole': { faults: { door: 'black-hole' }, code: 'first_token_timeout', sent: true, stream: true },
} as const satisfies Record<string, { faults: Faults; code: string; sent: boolean; stream?: boolean }>;

/** Addresses where nothing gets as far as HTTP. */
const PLACES = {
  'no-such-name': { code: 'dns_failed', sent: false },
  'expired-certificate': { code: 'tls_failed', sent: false },
  'full-queue': { code: 'connect_timeout', sent: false },
} as const;

const CASES = Object.entries({ ...LINES, ...PLACES }).map(([name, one]) => ({
  name,
  code: one.code,
  sent: one.sent,
  stream: 'stream' in one,
}));

const stack = new AsyncDisposableStack();
let bench: Bench;

beforeAll(async () => {
  const expired = stack.use(await startExpiredServer());
  const full = stack.use(await startFullServer());
  bench = stack.use(
    await startBench(async (demoUrl) => {
      const baseUrls: Record<string, string> = {
        'no-such-name': 'http://no-such-name.invalid/v1',
        'expired-certificate': `https://127.0.0.1:${expired.port}/v1`,
        'full-queue': `http://127.0.0.1:${full.port}/v1`,
      };
      for (const [name, { faults }] of Object.entries(LINES)) {
        const proxy = stack.use(await FaultProxy.start({ target: demoUrl, faults, seed: 17 }));
        baseUrls[name] = `${proxy.origin}/v1`;
      }
      const route = (provider: string): object => ({ provider, model: 'demo-fast' });
      return {
        providers: Object.fromEntries(
          Object.entries({ ...baseUrls, well: `${demoUrl}/v1` }).map(([name, baseUrl]) => [
            name,
            { baseUrl },
          ]),
        ),
        models: Object.fromEntries(
          CASES.flatMap(({ name }): [string, object][] => [
            [`${name}-alone`, { routes: [route(name)] }],
            [`${name}-pair`, { routes: [route(name), route('well')] }],
          ]),
        ),
        timeouts: { connect: '300ms', firstToken: '400ms', idle: '400ms' },
        retry: { maxAttempts: MAX_ATTEMPTS, initialBackoff: '10ms' },
        circuitBreaker: NO_BREAKER,
      };
    }),
  );
});
afterAll(() => stack.disposeAsync());

describe.each(CASES)('R17: $name', ({ name, code, sent, stream }) => {
  test(`is ${code}, and the next route serves`, async () => {
    const seen = await drive(bench.gateway, {
      requests: resilienceLoad.faultRequests,
      perSecond: 50,
      ask: () => ({ model: `${name}-pair`, stream }),
    });
    expect(countByStatus(seen)).toEqual({ 200: resilienceLoad.faultRequests });
    for (const { attempts } of await bench.eventsOf(seen)) {
      expect(attempts.map(({ provider, errorCode }) => [provider, errorCode])).toEqual([
        [name, code],
        ['well', null],
      ]);
    }
  });

  test(sent ? 'counts as an attempt' : 'is tried once more for free, since nobody was reached', async () => {
    const seen = await sendOne(bench.gateway, { model: `${name}-alone`, stream });
    expect([seen.status, seen.code]).toEqual([502, 'all_providers_failed']);
    const [event] = await bench.eventsOf([seen]);
    const codes = event?.attempts.map(({ errorCode }) => errorCode);
    expect(codes).toEqual(Array.from({ length: sent ? MAX_ATTEMPTS : MAX_ATTEMPTS + 1 }, () => code));
  });
});
