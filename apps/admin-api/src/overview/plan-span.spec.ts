import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSpan } from './plan-span.js';

const NOW = new Date('2026-11-22T10:00:30.000Z');
const iso = (ms: number) => new Date(ms).toISOString();

describe('planSpan', () => {
  it('is the last hour by default, the running minute included', () => {
    expect(planSpan({}, NOW)).toEqual({
      from: new Date('2026-11-22T09:01:00.000Z'),
      to: new Date('2026-11-22T10:01:00.000Z'),
      stepSeconds: 60,
    });
  });

  it('one end alone goes with now, or with the hour before', () => {
    expect(planSpan({ from: '2026-11-22T08:00:00Z' }, NOW).to).toEqual(new Date('2026-11-22T10:01:00.000Z'));
    expect(planSpan({ to: '2026-11-22T08:00:00Z' }, NOW).from).toEqual(new Date('2026-11-22T07:00:00.000Z'));
  });

  it('takes 31 days and no minute more', () => {
    expect(planSpan({ from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:00Z' }, NOW).stepSeconds).toBe(
      14_400,
    );
    expect(() => planSpan({ from: '2026-10-01T00:00:00Z', to: '2026-11-01T00:00:01Z' }, NOW)).toThrow(
      '31 days',
    );
  });

  it('any span has 1 to 240 points of whole minutes, and covers what was asked', () => {
    const fromMs = fc.integer({ min: Date.UTC(2020), max: Date.UTC(2030) });
    const longMs = fc.integer({ min: 1, max: 30 * 86_400_000 });
    fc.assert(
      fc.property(fromMs, longMs, (start, long) => {
        const { from, to, stepSeconds } = planSpan({ from: iso(start), to: iso(start + long) }, NOW);
        const points = Math.ceil((to.getTime() - from.getTime()) / (stepSeconds * 1_000));
        expect(points).toBeGreaterThanOrEqual(1);
        expect(points).toBeLessThanOrEqual(240);
        expect([stepSeconds % 60, from.getTime() % 60_000, to.getTime() % 60_000]).toEqual([0, 0, 0]);
        expect(from.getTime()).toBeLessThanOrEqual(start);
        expect(to.getTime()).toBeGreaterThanOrEqual(start + long);
      }),
    );
  });
});
