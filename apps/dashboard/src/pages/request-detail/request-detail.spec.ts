import { NO_TOKENS, type RequestAttempt } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
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
