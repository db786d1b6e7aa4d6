import { describe, expect, it } from 'vitest';
import { addDays, daysBetween, utcDay } from './utc-day.js';

describe('days', () => {
  it('the day is that of UTC, whatever the offset the moment was written with', () => {
    expect(utcDay('2026-11-22T23:30:00-02:00')).toBe('2026-11-23');
  });

  it('days go on over the ends of months and years', () => {
    expect(daysBetween('2027-12-30', '2028-01-02')).toEqual([
      '2027-12-30',
      '2027-12-31',
      '2028-01-01',
      '2028-01-02',
    ]);
    expect(addDays('2028-03-01', -1)).toBe('2028-02-29');
  });

  it('a year of five digits is refused, because its days would not compare as text', () => {
    expect(() => utcDay(Date.UTC(12_026, 1, 1))).toThrow(RangeError);
  });
});
