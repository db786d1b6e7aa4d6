import { NO_TOKENS, type RequestAttempt, ROUTE_FILTERS, type RoutingCandidate } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planRouting } from './plan-routing.js';
import { planTiming } from './plan-timing.js';
import { planWaterfall } from './plan-waterfall.js';

const attempt = (startedMs: number, durationMs: number): RequestAttempt => ({
  attemptId: `x.${startedMs}`,
  provider: 'p',
  providerModel: 'm',
  startedMs,
  durationMs,
  status: 200,
  errorCode: null,
  decision: 'served',
  tokens: NO_TOKENS,
  costUsdNanos: 0,
  usage: 'none',
});
const timing = (totalMs: number, firstTokenMs: number | null = null, queueMs = 0, overheadMs = 0) => ({
  ...{ queueMs, overheadMs, firstTokenMs, totalMs },
});

describe('the attempts on an axis of time', () => {
  it('begin where they began and are as wide as they were long', () => {
    const { rows, firstTokenPercent, queue } = planWaterfall({
      attempts: [attempt(20, 30), attempt(50, 150)],
      timing: timing(200, 100, 10),
    });
    expect(
      rows.map(({ number, startPercent, widthPercent }) => [number, startPercent, widthPercent]),
    ).toEqual([
      [1, 10, 15],
      [2, 25, 75],
    ]);
    expect(firstTokenPercent).toBe(50);
    expect(queue).toEqual({ startPercent: 0, widthPercent: 5 });
  });

  it('fit the axis, whatever was measured', () => {
    const ms = fc.double({ min: 0, max: 1e7, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(ms, ms), { maxLength: 5 }), ms, (spans, totalMs) => {
        const plan = planWaterfall({
          attempts: spans.map(([a, b]) => attempt(a, b)),
          timing: timing(totalMs),
        });
        for (const { startPercent, widthPercent } of plan.rows) {
          expect(startPercent).toBeGreaterThanOrEqual(0);
          expect(widthPercent).toBeGreaterThanOrEqual(0);
          expect(startPercent + widthPercent).toBeLessThanOrEqual(100.000001);
        }
        expect(plan.ticks.length).toBeLessThanOrEqual(7);
        expect(plan.ticks[0]?.ms).toBe(0);
      }),
    );
  });
});

describe('the timing of a request', () => {
  it('has parts that make up the whole', () => {
    const ms = fc.integer({ min: 0, max: 100_000 });
    fc.assert(
      fc.property(ms, ms, ms, ms, (queueMs, overheadMs, untilMs, restMs) => {
        const own = queueMs + overheadMs;
        const parts = planTiming({
          attempts: [],
          timing: timing(own + untilMs + restMs, own + untilMs, queueMs, overheadMs),
        });
        expect(parts.reduce((sum, part) => sum + part.ms, 0)).toBe(own + untilMs + restMs);
        expect(parts.every((part) => part.ms > 0)).toBe(true);
      }),
    );
  });
});

describe('the routes of a request', () => {
  const route = (provider: string, changes: Partial<RoutingCandidate> = {}): RoutingCandidate => ({
    provider,
    providerModel: 'm',
    model: 'asked',
    order: null,
    filtered: null,
    estimatedCostUsdNanos: null,
    ...changes,
  });
  const plan = (candidates: RoutingCandidate[], attempts: RequestAttempt[] = []) =>
    planRouting({ routing: { strategy: 'priority', model: 'asked', candidates }, attempts });
  const call = (provider: string, decision: RequestAttempt['decision']): RequestAttempt => ({
    ...attempt(0, 1),
    provider,
    decision,
  });

  it('stand in the order in which they could be tried, those left out last, in the order of the record', () => {
    const rows = plan([
      route('out-1', { filtered: 'cooldown' }),
      route('second', { order: 2 }),
      route('out-2', { filtered: 'capability' }),
      route('first', { order: 1 }),
      route('third', { order: 3, model: 'other' }),
    ]);
    expect(rows.map(({ candidate }) => candidate.provider)).toEqual([
      'first',
      'second',
      'third',
      'out-1',
      'out-2',
    ]);
    expect(rows.map(({ isFallback }) => isFallback)).toEqual([false, false, true, false, false]);
  });

  it('say what became of each', () => {
    const rows = plan(
      ['a', 'b', 'c', 'd', 'e'].map((name, at) => route(name, { order: at + 1 })),
      [call('a', 'retry'), call('b', 'next_route'), call('a', 'next_route'), call('c', 'served')],
    );
    expect(rows.map(({ fate }) => fate)).toEqual([
      { kind: 'failed', calls: 2 },
      { kind: 'failed', calls: 1 },
      { kind: 'served' },
      { kind: 'not-reached' },
      { kind: 'not-reached' },
    ]);
    const ended = (decision: RequestAttempt['decision']) =>
      plan([route('a', { order: 1 })], [call('a', decision)])[0]?.fate;
    expect([ended('cancelled'), ended('unknown'), ended('give_up')]).toEqual([
      { kind: 'cancelled' },
      { kind: 'unknown' },
      { kind: 'failed', calls: 1 },
    ]);
  });

  it.each(ROUTE_FILTERS)('that were left out for %s say so in words', (filtered) => {
    const [row] = plan([route('a', { filtered })]);
    expect(row?.fate).toMatchObject({
      kind: 'filtered',
      why: expect.stringMatching(/^[a-z ]{8,}$/) as string,
    });
  });

  it('are nothing when nobody said', () => {
    expect(planRouting({ routing: null, attempts: [] })).toEqual([]);
  });
});
