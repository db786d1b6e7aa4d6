// R3: a provider that says when to come back is not called earlier.
import type { OutgoingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { plainAnswer, startStubProvider, type StubProvider } from '../harness/edge-process.js';
import { drive, sendOne } from './drive-load.js';
import { type Bench, startBench } from './resilience-bench.js';

/** What a provider says with its 429, and what comes of it where it is the only one. */
interface Case {
  readonly name: string;
  readonly headers: () => OutgoingHttpHeaders;
  /** When it may be called again, milliseconds: it is waited for. Or how many seconds the client is told. */
  readonly expected: { readonly waitMs: number } | { readonly tellSeconds: number };
}

/** Dates have whole seconds. */
const inSeconds = (seconds: number): Date => new Date(Math.ceil(Date.now() / 1000 + seconds) * 1000);

const CASES: readonly Case[] = [
  { name: 'seconds', headers: () => ({ 'retry-after': '1' }), expected: { waitMs: 1_000 } },
  {
    name: 'a date',
    headers: () => ({ 'retry-after': inSeconds(1).toUTCString() }),
    expected: { waitMs: 900 },
  },
  {
    name: 'milliseconds',
    headers: () => ({ 'retry-after-ms': '700', 'retry-after': '1' }),
    expected: { waitMs: 700 },
  },
  {
    name: 'a used-up limit',
    headers: () => ({
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '800ms',
      'x-ratelimit-remaining-tokens': '9000',
      'x-ratelimit-reset-tokens': '6m0s',
    }),
    expected: { waitMs: 800 },
  },
  {
    name: 'an epoch time',
    headers: () => ({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Date.now() + 900) }),
    expected: { waitMs: 850 },
  },
  {
    name: 'a limit of Anthropic',
    headers: () => ({
      'anthropic-ratelimit-tokens-remaining': '0',
      'anthropic-ratelimit-tokens-reset': inSeconds(1).toISOString(),
    }),
    expected: { waitMs: 900 },
  },
  { name: 'garbage', headers: () => ({ 'retry-after': 'soon' }), expected: { waitMs: 0 } },
  { name: 'a negative number', headers: () => ({ 'retry-after': '-30' }), expected: { waitMs: 0 } },
  { name: 'nothing', headers: () => ({}), expected: { waitMs: 0 } },
  { name: 'too long a wait', headers: () => ({ 'retry-after': '30' }), expected: { tellSeconds: 30 } },
  {
    name: '10^9 seconds',
    headers: () => ({ 'retry-after': '1000000000' }),
    expected: { tellSeconds: 86_400 },
  },
];

const LONGEST_BACKOFF_MS = 200;

let provider: StubProvider;
let bench: Bench;
/** When each path was called, on this process's clock. */
const calls = new Map<string, number[]>();
const callsOf = (path: string): number[] => calls.get(path) ?? [];

beforeAll(async () => {
  provider = await startStubProvider();
  provider.answer = (response, _body, { url = '' }) => {
    const [, path = ''] = url.split('/');
    const before = callsOf(path);
    calls.set(path, [...before, performance.now()]);
    const asked = CASES[Number(/\d+/.exec(path)?.[0])];
    if (path.startsWith('first') && before.length > 0) return plainAnswer(response);
    if (asked === undefined)
      return path === 'twice' ? answerTwice(response, before.length) : plainAnswer(response);
    response.writeHead(429, { 'content-type': 'application/json', ...asked.headers() });
    response.end(
      '{"error":{"message":"slow down","type":"rate_limit_error","param":null,"code":"rate_limit_exceeded"}}',
    );
  };
  const origin = provider.baseUrl.replace('/v1', '');
  const paths = CASES.flatMap((_, index) => [`first${index}`, `always${index}`]);
  const ofAll = (make: (index: number) => [string, object]): [string, object][] =>
    CASES.map((_, index) => make(index));
  bench = await startBench(() => ({
    providers: Object.fromEntries(
      [...paths, 'well', 'twice'].map((path) => [path, { baseUrl: `${origin}/${path}/v1` }]),
    ),
    models: Object.fromEntries([
      ...ofAll((index) => [`alone${index}`, { routes: [{ provider: `first${index}`, model: 'm' }] }]),
      ...ofAll((index) => [
        `pair${index}`,
        {
          routes: [
            { provider: `always${index}`, model: 'm' },
            { provider: 'well', model: 'm' },
          ],
        },
      ]),
      ['twice', { routes: [{ provider: 'twice', model: 'm' }] }] satisfies [string, object],
    ]),
  }));
});
afterAll(async () => {
  await bench[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});

describe.each(CASES.map((one, index) => ({ ...one, index })))('R3: $name', ({ index, expected }) => {
  test('with another route: that one serves at once, and nobody calls the first again in that time', async () => {
    const ask = { model: `pair${index}` };
    // What is under way by then may have been called already, so the hint comes first.
    const first = await sendOne(bench.gateway, ask);
    const seen = await drive(bench.gateway, { requests: 8, perSecond: 40, ask: () => ask });
    for (const { status } of [first, ...seen]) expect(status).toBe(200);
    const [event] = await bench.eventsOf([first]);
    expect(event?.attempts.map(({ decision }) => decision)).toEqual(['next_route', 'served']);
    const minimumMs = 'waitMs' in expected ? expected.waitMs : expected.tellSeconds * 1_000;
    const times = callsOf(`always${index}`);
    times
      .slice(1)
      .forEach((atMs, call) => expect(atMs - (times[call] ?? 0)).toBeGreaterThanOrEqual(minimumMs - 5));
  });

  test('as the only route: waited out when it is short, else a 429 that says how long', async () => {
    const seen = await sendOne(bench.gateway, { model: `alone${index}` });
    const times = callsOf(`first${index}`);
    if ('tellSeconds' in expected) {
      expect([seen.status, seen.code, times.length]).toEqual([429, 'provider_rate_limited', 1]);
      expect(seen.retryAfter).toBeGreaterThanOrEqual(expected.tellSeconds - 1);
      expect(seen.retryAfter).toBeLessThanOrEqual(expected.tellSeconds);
      return;
    }
    expect([seen.status, times.length]).toEqual([200, 2]);
    const waitedMs = (times[1] ?? 0) - (times[0] ?? 0);
    expect(waitedMs).toBeGreaterThanOrEqual(expected.waitMs - 5);
    expect(waitedMs).toBeLessThan(expected.waitMs + LONGEST_BACKOFF_MS + 1_500);
  });
});

/** To the first a long hint, to the second, which was under way by then, a shorter one. */
function answerTwice(response: Parameters<StubProvider['answer']>[0], before: number): void {
  if (before >= 2) return plainAnswer(response);
  const answer = (): void => {
    response.writeHead(429, {
      'content-type': 'application/json',
      'retry-after-ms': before === 0 ? '1500' : '100',
    });
    response.end('{"error":{"message":"slow down","type":"rate_limit_error","param":null,"code":null}}');
  };
  setTimeout(answer, before === 0 ? 50 : 150);
}

test('R3: a later hint that is shorter does not shorten the time that the first one named', async () => {
  const both = await Promise.all([
    sendOne(bench.gateway, { model: 'twice' }),
    sendOne(bench.gateway, { model: 'twice' }),
  ]);
  expect(both.map(({ status }) => status)).toEqual([200, 200]);
  const times = callsOf('twice');
  expect(times).toHaveLength(4);
  const startMs = times[0] ?? 0;
  for (const atMs of times.slice(2)) expect(atMs - startMs).toBeGreaterThanOrEqual(1_500);
});
