import type { RequestCompleted } from '@sluice/contracts';

const NANOS_PER_USD = 1e9;

/**
 * One line for one request, local time zone left out on purpose: events are UTC.
 *
 * `22:47:49.123Z succeeded 200 demo-chat -> demo/demo-chat 8+22 tokens $0.000037 31 ms 2 attempts 01a2…`
 */
export function formatEvent(event: RequestCompleted): string {
  const { tokens, timing, attempts } = event;
  const target = event.provider === null ? '-' : `${event.provider}/${event.providerModel ?? '-'}`;
  return [
    event.occurredAt.slice(event.occurredAt.indexOf('T') + 1),
    event.outcome,
    event.status ?? '-',
    `${printable(event.requestedModel ?? '-')} -> ${printable(target)}`,
    `${tokens.input}+${tokens.output} tokens`,
    `$${(event.costUsdNanos / NANOS_PER_USD).toFixed(6)}`,
    `${Math.round(timing.totalMs)} ms`,
    `${attempts.length} attempt${attempts.length === 1 ? '' : 's'}`,
    ...(event.errorCode === null ? [] : [event.errorCode]),
    printable(event.requestId),
  ].join(' ');
}

/** A model's name is a client's text: it must not move the cursor of whoever reads it. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '?').slice(0, 200);
