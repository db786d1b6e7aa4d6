import fc from 'fast-check';
import { REQUEST_OUTCOMES, requestListQuerySchema } from '@sluice/contracts';
import { describe, expect, it } from 'vitest';
import {
  countFilters,
  parseRequestFilters,
  type RequestFilters,
  toApiSearch,
  toPageSearch,
} from './request-filters.js';
import { RANGES } from './time-span.js';

const NOW = new Date('2026-11-23T12:00:30.000Z');
const text = fc
  .string({ minLength: 1, maxLength: 256, unit: 'binary' })
  .filter((value) => value.trim() === value && !value.includes('\0'));
const moment = fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
const span = fc.oneof(
  fc.constantFrom(...RANGES).map((range) => ({ kind: 'last' as const, range })),
  fc
    .tuple(moment, moment)
    .filter(([a, b]) => a.getTime() !== b.getTime())
    .map(([a, b]) => {
      const [from = '', to = ''] = [a.toISOString(), b.toISOString()].sort();
      return { kind: 'between' as const, from, to };
    }),
);
const filters: fc.Arbitrary<RequestFilters> = fc.record(
  {
    span,
    outcome: fc.constantFrom(...REQUEST_OUTCOMES),
    model: text,
    provider: text,
    team: text,
    key: text,
    requestId: text,
  },
  { requiredKeys: ['span'] },
);

describe('filters of the list', () => {
  it('come back from an address as they went in, whatever is in them', () => {
    fc.assert(
      fc.property(filters, (before) => {
        const address = toPageSearch(before).toString();
        expect(parseRequestFilters(new URLSearchParams(address))).toEqual(before);
      }),
    );
  });

  it('make a query that the API takes', () => {
    fc.assert(
      fc.property(filters, (some) => {
        const query = Object.fromEntries(toApiSearch(some, NOW));
        expect(requestListQuerySchema.safeParse(query).error).toBe(undefined);
      }),
    );
  });

  it('that are the default leave the address empty', () => {
    expect(toPageSearch(parseRequestFilters(new URLSearchParams())).toString()).toBe('');
  });

  it.each([
    ['an unknown outcome', 'outcome=exploded'],
    ['a range that does not exist', 'range=2y'],
    ['a from without a to', 'from=2026-11-23T00:00:00Z'],
    ['a from after its to', 'from=2026-11-23T00:00:00Z&to=2026-11-22T00:00:00Z'],
    ['what is no time', 'from=yesterday&to=now'],
    ['blank text', 'model=%20%20'],
    ['a NUL alone', 'team=%00'],
  ])('with %s are as without', (_, address) => {
    expect(parseRequestFilters(new URLSearchParams(address))).toEqual({
      span: { kind: 'last', range: '1h' },
    });
  });

  it('cut a text at what the API takes', () => {
    expect(parseRequestFilters(new URLSearchParams({ model: 'x'.repeat(300) })).model).toHaveLength(256);
  });

  it('are counted without the span', () => {
    expect(countFilters(parseRequestFilters(new URLSearchParams('range=24h&outcome=failed&team=a')))).toBe(2);
  });
});
