import type { OverviewQuery } from '@sluice/contracts';
import { checkSpan, invalid } from '../http/read-input.js';

/** Whole minutes, and into how wide steps they are cut. */
export interface OverviewSpan {
  readonly from: Date;
  /** Not included. */
  readonly to: Date;
  readonly stepSeconds: number;
}

const MINUTE_MS = 60_000;
const DEFAULT_MS = 60 * MINUTE_MS;
const LONGEST_MS = 31 * 24 * 60 * MINUTE_MS;
const MOST_POINTS = 240;
/** Widths that people read off a clock, in minutes; the widest makes 186 points of the longest span. */
const STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 180, 240];

/** The span of a query, widened to whole minutes. Throws ProblemError 400 when it is empty or over 31 days. */
export function planSpan(query: OverviewQuery, now: Date): OverviewSpan {
  const asked = checkSpan(query);
  const to = ceilMinute(asked.to ?? now);
  const from = floorMinute(asked.from ?? new Date(to.getTime() - DEFAULT_MS));
  const longMs = to.getTime() - from.getTime();
  if (longMs <= 0) {
    throw invalid([{ parameter: 'from', detail: 'is not before now', allowed: 'a time before to' }]);
  }
  if (longMs > LONGEST_MS) {
    throw invalid([
      { parameter: 'from', detail: 'is too far from to', allowed: 'at most 31 days before to' },
    ]);
  }
  const minutes = longMs / MINUTE_MS;
  const step = STEPS.find((width) => minutes / width <= MOST_POINTS) ?? Math.ceil(minutes / MOST_POINTS);
  return { from, to, stepSeconds: step * 60 };
}

const floorMinute = (moment: Date): Date => new Date(Math.floor(moment.getTime() / MINUTE_MS) * MINUTE_MS);
const ceilMinute = (moment: Date): Date => new Date(Math.ceil(moment.getTime() / MINUTE_MS) * MINUTE_MS);
