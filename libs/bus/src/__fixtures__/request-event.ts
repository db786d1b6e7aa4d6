import { randomUUID } from 'node:crypto';
import {
  NO_TOKENS,
  REQUEST_EVENT_TYPE,
  type CloudEvent,
  type RequestCompleted,
} from '@sluice/contracts';
import type { BusLog } from '../bus-log.js';
import type { SpoolPlace } from '../spool/event-spool.types.js';

/** A whole request event. */
export function toRequestCompleted(
  at: SpoolPlace & { eventId: string },
  change: Partial<RequestCompleted> = {},
): RequestCompleted {
  return {
    ...at,
    requestId: `req-${at.eventId.slice(0, 8)}`,
    occurredAt: '2026-11-22T10:00:00.000Z',
    keyId: 'config:ci',
    keyName: 'ci',
    teamId: 'default',
    endpoint: 'chat.completions',
    requestedModel: 'demo-chat',
    provider: 'demo',
    providerModel: 'demo-chat',
    stream: false,
    outcome: 'succeeded',
    status: 200,
    errorCode: null,
    errorMessage: null,
    attempts: [],
    tokens: NO_TOKENS,
    costUsdNanos: 0,
    priceSource: 'none',
    timing: { queueMs: 0, overheadMs: 1, firstTokenMs: null, totalMs: 12 },
    cache: 'bypass',
    deduplicated: false,
    user: null,
    tags: [],
    traceId: null,
    instance: 'test',
    configVersion: '0123456789ab',
    ...change,
  };
}

/** Its CloudEvent. */
export const toCloudEvent = (data: RequestCompleted): CloudEvent => ({
  specversion: '1.0',
  id: data.eventId,
  source: '/sluice/edge/test',
  type: REQUEST_EVENT_TYPE,
  subject: data.eventId,
  time: data.occurredAt,
  datacontenttype: 'application/json',
  data,
});

/** The JSON of a whole CloudEvent. */
export const toEventJson = (
  at: SpoolPlace & { eventId: string },
  change: Partial<RequestCompleted> = {},
): string => JSON.stringify(toCloudEvent(toRequestCompleted(at, change)));

/** An intent as the tests write it. */
export const toIntentJson = (eventId: string): string => JSON.stringify({ eventId });

/** What the tests' intents become. */
export function recoverIntent(intentJson: string, at: SpoolPlace): { subject: string; eventJson: string } {
  // Our own fixture wrote it.
  const { eventId } = JSON.parse(intentJson) as { eventId: string };
  return {
    subject: 'sluice.v1.request.unknown',
    eventJson: toEventJson({ eventId, ...at }, { outcome: 'unknown', status: null }),
  };
}

export const newEventId = (): string => randomUUID();

/** A log that keeps its sentences. */
export class MemoryLog implements BusLog {
  readonly lines: { level: 'info' | 'warn' | 'error'; message: string; facts: object }[] = [];

  info(facts: object, message: string): void {
    this.lines.push({ level: 'info', message, facts });
  }

  warn(facts: object, message: string): void {
    this.lines.push({ level: 'warn', message, facts });
  }

  error(facts: object, message: string): void {
    this.lines.push({ level: 'error', message, facts });
  }

  /** The sentences of one level. */
  of(level: 'info' | 'warn' | 'error'): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message);
  }
}
