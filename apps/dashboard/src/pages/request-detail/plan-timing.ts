import type { RequestDetail } from '@sluice/contracts';

/** A part of a request's time. The parts of a request make up its whole duration. */
export interface TimingPart {
  readonly name: 'queue' | 'sluice' | 'first-token' | 'rest';
  readonly text: string;
  readonly ms: number;
}

/** Where the time of a request went, in order. Parts without time are left out. */
export function planTiming({
  timing,
  attempts,
}: Pick<RequestDetail, 'timing' | 'attempts'>): readonly TimingPart[] {
  const { queueMs, overheadMs, firstTokenMs, totalMs } = timing;
  const own = queueMs + overheadMs;
  const untilFirstMs = firstTokenMs === null ? 0 : Math.max(0, Math.min(firstTokenMs, totalMs) - own);
  const parts: readonly TimingPart[] = [
    { name: 'queue', text: 'Queued', ms: queueMs },
    { name: 'sluice', text: 'Sluice itself', ms: overheadMs },
    { name: 'first-token', text: 'Provider, until the first token', ms: untilFirstMs },
    {
      name: 'rest',
      text:
        firstTokenMs === null ? (attempts.length === 0 ? 'Other' : 'Provider') : 'Provider, all other tokens',
      ms: Math.max(0, totalMs - own - untilFirstMs),
    },
  ];
  return parts.filter(({ ms }) => ms > 0);
}
