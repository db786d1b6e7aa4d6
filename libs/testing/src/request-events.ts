import { randomUUID } from 'node:crypto';
import { NO_TOKENS, REQUEST_EVENT_TYPE, type CloudEvent, type RequestCompleted } from '@sluice/contracts';

/** A request that succeeded just now; change what the test is about. */
export function requestCompleted(changes: Partial<RequestCompleted> = {}): RequestCompleted {
  const eventId = changes.eventId ?? randomUUID();
  return {
    eventId,
    requestId: `req-${eventId}`,
    spoolId: randomUUID(),
    spoolSeq: 1,
    occurredAt: new Date().toISOString(),
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
    attempts: [
      {
        attemptId: `${eventId}.1`,
        provider: 'demo',
        providerModel: 'demo-chat',
        startedMs: 1,
        durationMs: 20,
        status: 200,
        errorCode: null,
        decision: 'served',
        tokens: { ...NO_TOKENS, input: 10, output: 5 },
        costUsdNanos: 1_500,
        usage: 'provider',
      },
    ],
    tokens: { ...NO_TOKENS, input: 10, output: 5 },
    costUsdNanos: 1_500,
    priceSource: 'config',
    timing: { queueMs: 0, overheadMs: 0.5, firstTokenMs: null, totalMs: 21.5 },
    cache: 'bypass',
    deduplicated: false,
    user: null,
    tags: [],
    traceId: null,
    instance: 'edge-test-1',
    configVersion: '0123456789ab',
    ...changes,
  };
}

/** One spool's requests, numbered from 1 or from `firstSeq`. */
export function requestsOfSpool(
  count: number,
  spoolId: string = randomUUID(),
  firstSeq = 1,
): RequestCompleted[] {
  return Array.from({ length: count }, (_, index) =>
    requestCompleted({ spoolId, spoolSeq: firstSeq + index }),
  );
}

/** The event around the data, as an edge publishes it. The data may be wrong on purpose. */
export function toCloudEvent(data: object & { eventId: string }): CloudEvent {
  return {
    specversion: '1.0',
    id: data.eventId,
    source: '/sluice/edge/edge-test-1',
    type: REQUEST_EVENT_TYPE,
    subject: data.eventId,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data,
  };
}
