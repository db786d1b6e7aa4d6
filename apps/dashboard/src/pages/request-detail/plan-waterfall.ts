import type { RequestAttempt, RequestDetail } from '@sluice/contracts';

/** A bar on an axis from 0 to 100. */
export interface WaterfallBar {
  readonly startPercent: number;
  readonly widthPercent: number;
}
export interface WaterfallRow extends WaterfallBar {
  readonly attempt: RequestAttempt;
  /** 1 for the first. */
  readonly number: number;
}
export interface Waterfall {
  readonly rows: readonly WaterfallRow[];
  /** Waiting for a free slot, before the first attempt; null when there was none. */
  readonly queue: WaterfallBar | null;
  /** Null when no token came. */
  readonly firstTokenPercent: number | null;
  /** Where the axis has lines, in milliseconds, rising from 0. */
  readonly ticks: readonly { readonly ms: number; readonly percent: number }[];
}

const MOST_TICKS = 6;

/** Lays the attempts of a request out on one axis of time. The axis ends with the request, or with what outlived it. */
export function planWaterfall({ attempts, timing }: Pick<RequestDetail, 'attempts' | 'timing'>): Waterfall {
  const endMs = Math.max(timing.totalMs, ...attempts.map((one) => one.startedMs + one.durationMs), 1);
  const percent = (ms: number): number => Math.min(100, Math.max(0, (ms / endMs) * 100));
  const bar = (startMs: number, durationMs: number): WaterfallBar => ({
    startPercent: percent(startMs),
    widthPercent: percent(startMs + durationMs) - percent(startMs),
  });
  return {
    rows: attempts.map((attempt, index) => ({
      attempt,
      number: index + 1,
      ...bar(attempt.startedMs, attempt.durationMs),
    })),
    queue: timing.queueMs >= 1 ? bar(0, timing.queueMs) : null,
    firstTokenPercent: timing.firstTokenMs === null ? null : percent(timing.firstTokenMs),
    ticks: planTicks(endMs).map((ms) => ({ ms, percent: percent(ms) })),
  };
}

/** Round steps: 1, 2 or 5 of a power of ten. */
function planTicks(endMs: number): readonly number[] {
  const rough = endMs / MOST_TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((width) => width >= rough) ?? rough;
  return Array.from({ length: Math.floor(endMs / step) + 1 }, (_, index) => index * step);
}
