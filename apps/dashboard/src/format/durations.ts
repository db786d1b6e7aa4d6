import { NO_VALUE } from './numbers.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** `0.4 ms`, `832 ms`, `1.24 s`, `2 min 05 s`, `3 h 20 min`; a dash for null. */
export function formatMs(ms: number | null): string {
  if (ms === null) return NO_VALUE;
  if (ms === 0) return '0 ms';
  if (ms < 10) return `${trimmed(ms, 1)} ms`;
  if (Math.round(ms) < SECOND_MS) return `${String(Math.round(ms))} ms`;
  if (ms < 10 * SECOND_MS) return `${(ms / SECOND_MS).toFixed(2)} s`;
  if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)} s`;
  if (ms < HOUR_MS) return inTwo(ms, [MINUTE_MS, 'min'], [SECOND_MS, 's']);
  return inTwo(ms, [HOUR_MS, 'h'], [MINUTE_MS, 'min']);
}

/** The same, short, for axes: `250ms`, `1.5s`. */
export function formatMsTick(ms: number): string {
  if (ms < SECOND_MS) return `${trimmed(ms, 1)} ms`;
  if (ms < MINUTE_MS) return `${trimmed(ms / SECOND_MS, 1)} s`;
  return `${trimmed(ms / MINUTE_MS, 1)} min`;
}

function inTwo(ms: number, big: [number, string], small: [number, string]): string {
  const parts = Math.round(ms / small[0]);
  const perBig = big[0] / small[0];
  const rest = String(parts % perBig).padStart(2, '0');
  return `${String(Math.floor(parts / perBig))} ${big[1]} ${rest} ${small[1]}`;
}

const trimmed = (value: number, digits: number): string => String(Number(value.toFixed(digits)));
