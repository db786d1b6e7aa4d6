import { requestCompleted } from '@sluice/testing';
import type { RequestCompleted } from '@sluice/contracts';
import { REQUEST_OUTCOMES } from '@sluice/contracts';
import { LATENCY_BUCKETS_MS, type NewMetricMinuteRow } from '@sluice/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rollUp, toMinute } from './rollup-window.js';

const count = fc.integer({ min: 0, max: 1_000_000 });
const label = fc.constantFrom('a', 'b', 'c');
const events: fc.Arbitrary<RequestCompleted[]> = fc.array(
  fc
    .record({
      occurredAt: fc
        .date({
          min: new Date('2026-11-22T10:00:00Z'),
          max: new Date('2026-11-22T10:04:00Z'),
          noInvalidDate: true,
        })
        .map((date) => date.toISOString()),
      requestedModel: fc.option(label),
      provider: fc.option(label),
      keyId: label,
      teamId: label,
      outcome: fc.constantFrom(...REQUEST_OUTCOMES),
      tokens: fc.record({
        input: count,
        output: count,
        cachedInput: count,
        cacheWrite: count,
        reasoning: count,
        audio: count,
        image: count,
      }),
      costUsdNanos: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
      timing: fc.record({
        queueMs: fc.constant(0),
        overheadMs: fc.constant(0),
        firstTokenMs: fc.option(fc.double({ min: 0, max: 700_000, noNaN: true })),
        totalMs: fc.double({ min: 0, max: 700_000, noNaN: true }),
      }),
    })
    .map((changes) => requestCompleted(changes)),
  { maxLength: 40 },
);

const total = (
  rows: readonly NewMetricMinuteRow[],
  column: 'requests' | 'input_tokens' | 'cost_usd_nanos' | 'latency_sum_us',
) => rows.reduce((sum, row) => sum + row[column], 0n);
const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
const sorted = (rows: readonly NewMetricMinuteRow[]): string[] =>
  rows
    .map((row) =>
      JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
    )
    .sort();

describe('rollUp', () => {
  it('conserves every sum: counts, tokens, cost and histograms are those of the events', () => {
    fc.assert(
      fc.property(events, (found) => {
        const rows = rollUp(found);
        expect(total(rows, 'requests')).toBe(BigInt(found.length));
        expect(total(rows, 'input_tokens')).toBe(BigInt(sumOf(found.map((event) => event.tokens.input))));
        expect(total(rows, 'cost_usd_nanos')).toBe(
          found.reduce((sum, event) => sum + BigInt(event.costUsdNanos), 0n),
        );
        expect(sumOf(rows.map((row) => sumOf(row.latency_buckets)))).toBe(found.length);
        expect(sumOf(rows.map((row) => sumOf(row.first_token_buckets)))).toBe(
          found.filter((event) => event.timing.firstTokenMs !== null).length,
        );
        expect(total(rows, 'latency_sum_us')).toBe(
          found.reduce((sum, event) => sum + BigInt(Math.round(event.timing.totalMs * 1_000)), 0n),
        );
        for (const row of rows) expect(BigInt(sumOf(row.latency_buckets))).toBe(row.requests);
      }),
    );
  });

  it('gives the same rows whatever the order of the events', () => {
    fc.assert(
      fc.property(
        events.chain((found) =>
          fc.tuple(fc.constant(found), fc.shuffledSubarray(found, { minLength: found.length })),
        ),
        ([found, shuffled]) => {
          expect(sorted(rollUp(shuffled))).toEqual(sorted(rollUp(found)));
        },
      ),
    );
  });

  it('gives one row per key, and each event to the minute in which it was received', () => {
    fc.assert(
      fc.property(events, (found) => {
        const rows = rollUp(found);
        const keys = rows.map((row) =>
          JSON.stringify([row.minute, row.model, row.provider, row.key_id, row.team_id, row.outcome]),
        );
        expect(new Set(keys).size).toBe(rows.length);
        const minutes = new Set(found.map((event) => `${event.occurredAt.slice(0, 16)}:00.000Z`));
        expect(new Set(rows.map((row) => row.minute))).toEqual(minutes);
      }),
    );
  });

  it('an event at the bound of a bucket is in that bucket, one above all bounds in the last', () => {
    const at = (totalMs: number): number[] =>
      rollUp([requestCompleted({ timing: { queueMs: 0, overheadMs: 0, firstTokenMs: null, totalMs } })])[0]!
        .latency_buckets;
    expect(at(5).indexOf(1)).toBe(0);
    expect(at(5.001).indexOf(1)).toBe(1);
    expect(at(600_000.5).indexOf(1)).toBe(LATENCY_BUCKETS_MS.length);
  });

  it.each([
    ['a negative time', -5, 0n],
    ['a time beyond all sense', 1e300, 604_800_000_000n],
  ])('%s does not spoil the sum of its minute', (_, totalMs, expected) => {
    const timing = { queueMs: 0, overheadMs: 0, firstTokenMs: totalMs, totalMs };
    expect(rollUp([requestCompleted({ timing })])[0]).toMatchObject({
      latency_sum_us: expected,
      first_token_sum_us: expected,
    });
  });

  it('a model that no config knows gets no row of its own: clients could invent as many as they like', () => {
    const invented = ['x1', 'x2', 'x3'].map((requestedModel) =>
      requestCompleted({
        requestedModel,
        provider: null,
        outcome: 'rejected',
        errorCode: 'model_not_found',
        occurredAt: '2026-11-22T10:00:00.000Z',
      }),
    );
    expect(rollUp(invented)).toMatchObject([{ model: '', provider: '', requests: 3n }]);
  });
});

describe('toMinute', () => {
  it.each([
    ['2026-11-22T10:01:59.999Z', '2026-11-22T10:01:00.000Z'],
    ['2026-11-22T10:02:00Z', '2026-11-22T10:02:00.000Z'],
    ['1969-12-31T23:59:59.500Z', '1969-12-31T23:59:00.000Z'],
  ])('%s is in the minute %s', (moment, minute) => {
    expect(toMinute(moment)).toBe(minute);
  });
});
