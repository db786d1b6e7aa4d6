import type { Finding } from '../yaml/finding.js';
import { fieldOf, type PlainMap } from '../yaml/plain-value.js';
import { durationOf } from '../schema/duration.schema.js';
import type { ConfigCheck } from './config-check.js';

interface Range {
  readonly section: string;
  readonly low: string;
  readonly high: string;
  readonly defaultLow: string;
  readonly defaultHigh: string;
}

const RANGES: readonly Range[] = [
  { section: 'retry', low: 'initialBackoff', high: 'maxBackoff', defaultLow: '200ms', defaultHigh: '5s' },
  { section: 'circuitBreaker', low: 'openFor', high: 'maxOpenFor', defaultLow: '5s', defaultHigh: '5m' },
];

/** A smallest value is not above its largest one, defaults included. */
export const checkRanges: ConfigCheck = (file) => RANGES.flatMap((range) => rangeFindings(range, file));

function rangeFindings(range: Range, file: PlainMap): Finding[] {
  const section = file[range.section];
  const writtenLow = fieldOf(section, range.low);
  const writtenHigh = fieldOf(section, range.high);
  const low = durationOf(writtenLow ?? range.defaultLow);
  const high = durationOf(writtenHigh ?? range.defaultHigh);
  if (low === undefined || high === undefined || low <= high) return [];
  // One of the two is written, or the defaults would not fit.
  if (writtenLow !== undefined) {
    const bound =
      writtenHigh === undefined ? `${range.high}, which is ${range.defaultHigh} unless set` : range.high;
    const message = `must not be longer than ${bound}: shorten it, or raise ${range.high}`;
    return [{ path: [range.section, range.low], message }];
  }
  const message = `must not be shorter than ${range.low}, which is ${range.defaultLow} unless set: raise it, or set ${range.low}`;
  return [{ path: [range.section, range.high], message }];
}
