import type { AuditRecorded, HealthChanged, RequestCompleted } from '@sluice/contracts';

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
    timeOf(event),
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

/** `22:47:49.123Z opened demo/demo-chat 5 failures in a row, for 5.2 s edge-1` */
export function formatHealth(event: HealthChanged): string {
  const { provider, providerModel, state, reason, openForMs, untilMs, isForced } = event;
  const leftMs = untilMs === null ? null : untilMs - Date.parse(event.occurredAt);
  return [
    timeOf(event),
    state,
    printable(providerModel === null ? provider : `${provider}/${providerModel}`),
    [
      printable(reason),
      ...(isForced ? ['forced'] : []),
      ...(openForMs === null ? [] : [`for ${seconds(openForMs)}`]),
      ...(leftMs === null ? [] : [`for ${seconds(leftMs)}`]),
    ].join(', '),
    printable(event.instance),
  ].join(' ');
}

/** `22:47:49.123Z config reloaded /etc/sluice.yaml by SIGHUP (operator): 2 changes edge-1` */
export function formatAudit(event: AuditRecorded): string {
  const { entity, verb, target, actor, changes, omittedChanges, detail } = event;
  const changed = changes.length + omittedChanges;
  const what = [
    ...(changed === 0 ? [] : [`${changed} change${changed === 1 ? '' : 's'}`]),
    ...(detail === null ? [] : [printable(detail)]),
  ].join(', ');
  return [
    timeOf(event),
    entity,
    verb,
    ...(target === null ? [] : [printable(target)]),
    `by ${printable(actor.name)} (${actor.kind})${what === '' ? '' : `: ${what}`}`,
    printable(event.instance),
  ].join(' ');
}

const timeOf = ({ occurredAt }: { readonly occurredAt: string }): string =>
  occurredAt.slice(occurredAt.indexOf('T') + 1);

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** A model's name is a client's text: it must not move the cursor of whoever reads it. */
const printable = (text: string): string => text.replace(/\p{C}/gu, '?').slice(0, 200);
