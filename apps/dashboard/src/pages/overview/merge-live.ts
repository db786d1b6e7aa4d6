import type { Overview } from '@sluice/contracts';
import { LIVE_WINDOW_MS, type LivePoint } from '../../api/live-feed.js';

const MINUTE_MS = 60_000;

/**
 * The last 15 minutes: live seconds, and whole minutes of the roll-ups where this page was not listening.
 * Both are rates over a minute, told at its end. Rising; `nowMs` is the end of the window.
 */
export function mergeLive(
  overview: Overview | undefined,
  live: readonly LivePoint[],
  nowMs: number,
): readonly LivePoint[] {
  const oldestMs = nowMs - LIVE_WINDOW_MS;
  const minutes = (overview?.points ?? [])
    .map(toLivePoint)
    // The last minute is still being written.
    .filter(({ atMs }) => atMs >= oldestMs && atMs <= nowMs - MINUTE_MS)
    .filter((minute) => !live.some(({ atMs }) => atMs > minute.atMs - MINUTE_MS && atMs <= minute.atMs));
  return [...minutes, ...live.filter(({ atMs }) => atMs >= oldestMs)].sort((a, b) => a.atMs - b.atMs);
}

function toLivePoint(point: Overview['points'][number]): LivePoint {
  return {
    atMs: Date.parse(point.at) + MINUTE_MS,
    requestsPerSecond: point.requests / 60,
    errorsPerSecond: point.failed / 60,
    tokensPerSecond: (point.inputTokens + point.outputTokens) / 60,
    p50Ms: point.latencyMs.p50,
    p95Ms: point.latencyMs.p95,
  };
}
