import { describe, expect, it } from 'vitest';
import { formatMs, formatMsTick } from './durations.js';
import { formatUsd, formatUsdExact } from './money.js';
import { formatCompact, formatCount, formatRate, formatRateTick, formatShare } from './numbers.js';
import { formatUtc, timeFormatOf } from './times.js';

describe('money', () => {
  it.each([
    [0, '$0.00'],
    [1, '$0.000000001'],
    [217_500, '$0.0002175'],
    [120_000_000, '$0.12'],
    [12_500_000_000, '$12.50'],
    [1_234_567_890_123_456, '$1,234,567.890123456'],
    [9_007_199_254_740_991, '$9,007,199.254740991'],
    [-30, '-$0.00000003'],
    [Number.NaN, '–'],
  ])('of %d nano-USD is shown to its last digit as %s', (nanos, text) => {
    expect(formatUsdExact(nanos)).toBe(text);
  });

  it('loses no digit that a float sum would have moved', () => {
    expect(formatUsdExact(100_000_000 + 200_000_000)).toBe('$0.30');
    expect(formatUsdExact(3 * 1_100_000_001)).toBe('$3.300000003');
  });

  it.each([
    [0, '$0'],
    [99_999, '< $0.0001'],
    [100_000, '$0.0001'],
    [149_999, '$0.0001'],
    [150_000, '$0.0002'],
    [999_999_999, '$1.0000'],
    [1_000_000_000, '$1.00'],
    [1_005_000_000, '$1.01'],
    [1_234_567_000_000, '$1,234.57'],
  ])('of %d nano-USD is short as %s', (nanos, text) => {
    expect(formatUsd(nanos)).toBe(text);
  });
});

describe('a duration', () => {
  it.each([
    [null, '–'],
    [0, '0 ms'],
    [0.42, '0.4 ms'],
    [9.96, '10 ms'],
    [832.4, '832 ms'],
    [999.6, '1.00 s'],
    [1240, '1.24 s'],
    [45_600, '45.6 s'],
    [59_999, '60.0 s'],
    [125_000, '2 min 05 s'],
    [12_000_000, '3 h 20 min'],
  ])('of %s ms is %s', (ms, text) => {
    expect(formatMs(ms)).toBe(text);
  });

  it('is short on an axis', () => {
    expect([0.5, 250, 1500, 90_000].map(formatMsTick)).toEqual(['0.5 ms', '250 ms', '1.5 s', '1.5 min']);
  });
});

describe('a number', () => {
  it('is grouped when exact and short when compact', () => {
    expect(formatCount(1_234_567)).toBe('1,234,567');
    expect([0, 842, 9999, 12_345, 4_600_000].map(formatCompact)).toEqual([
      '0',
      '842',
      '9,999',
      '12.3K',
      '4.6M',
    ]);
  });

  it('of a rate keeps three digits that mean something', () => {
    expect([0, 0.001, 0.02, 4.182, 41.82, 4180].map(formatRate)).toEqual([
      ...['0', '< 0.01', '0.02', '4.18', '41.8', '4,180'],
    ]);
    expect([0.5, 4, 2500].map(formatRateTick)).toEqual(['0.5', '4', '2.5K']);
  });

  it('of a share never hides what is there, and nothing of nothing has none', () => {
    expect(formatShare(0, 10)).toBe('0 %');
    expect(formatShare(1, 100_000)).toBe('< 0.1 %');
    expect(formatShare(99_999, 100_000)).toBe('> 99.9 %');
    expect(formatShare(10, 10)).toBe('100 %');
    expect(formatShare(3, 222)).toBe('1.4 %');
    expect(formatShare(0, 0)).toBe('–');
  });
});

describe('a time', () => {
  const at = new Date('2026-11-23T00:05:09.042Z');

  it('stands in the zone of whoever looks, in 24 hours', () => {
    const tokyo = timeFormatOf('Asia/Tokyo');
    expect(tokyo.clock(at)).toBe('09:05:09');
    expect(timeFormatOf('America/New_York').minute(at)).toBe('Nov 22, 19:05');
    expect(timeFormatOf('UTC').clockMs(at)).toBe('00:05:09.042');
  });

  it('is a hover away in UTC', () => {
    expect(formatUtc(at)).toBe('2026-11-23 00:05:09.042 UTC');
  });
});
