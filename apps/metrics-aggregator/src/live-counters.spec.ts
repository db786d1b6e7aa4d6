import { requestCompleted } from '@sluice/testing';
import { liveNumbersSchema } from '@sluice/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LiveCounters, type LiveEvent } from './live-counters.js';
import { emptySketch, observe, quantile } from './quantile-sketch.js';

const START = Date.parse('2026-11-22T10:00:00.000Z');

function counters(): { live: LiveCounters; tick: (seconds: number) => void } {
  let now = START;
  return {
    live: new LiveCounters(() => now),
    tick: (seconds) => {
      now += seconds * 1_000;
    },
  };
}

/** A request that ended so many seconds after the start, after 100 ms. */
const endedAt = (second: number, changes: Partial<LiveEvent> = {}): LiveEvent => ({
  ...requestCompleted({ occurredAt: new Date(START + second * 1_000 - 100).toISOString() }),
  timing: { totalMs: 100 },
  ...changes,
});

describe('LiveCounters', () => {
  it('rates are per second of the last minute, fewer seconds while young, and of the whole contract', () => {
    const { live, tick } = counters();
    tick(10);
    for (let second = 0; second < 10; second += 1) live.add(endedAt(second));
    live.add(endedAt(9, { outcome: 'failed' }));
    const numbers = live.read();
    expect(liveNumbersSchema.parse({ instance: 'i', ...numbers })).toEqual({ instance: 'i', ...numbers });
    expect(numbers).toMatchObject({
      at: '2026-11-22T10:00:10.000Z',
      spanSeconds: 10,
      total: { requestsPerSecond: 1.1, tokensPerSecond: 16.5, errorsPerSecond: 0.1 },
      series: [{ model: 'demo-chat', provider: 'demo', requestsPerSecond: 1.1 }],
    });
    tick(100);
    for (let second = 50; second < 110; second += 1) live.add(endedAt(second));
    expect(live.read()).toMatchObject({
      spanSeconds: 60,
      total: { requestsPerSecond: 1, errorsPerSecond: 0 },
    });
  });

  it('an event that is heard three times counts once', () => {
    const { live, tick } = counters();
    tick(5);
    const event = endedAt(2);
    live.add(event);
    live.add(event);
    tick(1);
    live.add(event);
    expect(live.read().total.requestsPerSecond * 6).toBeCloseTo(1);
  });

  it('what ended more than a minute ago, as from a spool that was held up, is not live', () => {
    const { live, tick } = counters();
    tick(120);
    live.add(endedAt(10));
    expect(live.read().total).toEqual({
      requestsPerSecond: 0,
      tokensPerSecond: 0,
      errorsPerSecond: 0,
      latencyMs: { p50: null, p95: null },
    });
  });

  it('an edge whose clock is ahead is counted now', () => {
    const { live, tick } = counters();
    live.add(endedAt(3_600));
    tick(2);
    expect(live.read().total.requestsPerSecond).toBe(0.5);
  });

  it('series are bounded: whatever the number of models, a message has at most 100, and their sum is the total', () => {
    const { live, tick } = counters();
    for (let index = 0; index < 500; index += 1) {
      live.add(endedAt(index % 10, { requestedModel: `m${index}` }));
      if (index % 50 === 49) tick(1);
    }
    tick(1);
    const { series, total } = live.read();
    expect(series).toHaveLength(100);
    expect(series[0]?.model).toBe('other');
    const sum = series.reduce((all, one) => all + one.requestsPerSecond, 0);
    expect(sum).toBeCloseTo(total.requestsPerSecond);
  });
});

describe('quantile', () => {
  it('is within 5 % of the exact one', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1, max: 3_000_000, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.constantFrom(0.5, 0.95, 1),
        (durations, q) => {
          const sketch = emptySketch();
          for (const ms of durations) observe(sketch, ms);
          const exact = durations.toSorted((a, b) => a - b)[
            Math.max(1, Math.ceil(q * durations.length)) - 1
          ]!;
          expect(Math.abs(quantile(sketch, q)! - exact) / exact).toBeLessThanOrEqual(0.05);
        },
      ),
    );
  });
});
