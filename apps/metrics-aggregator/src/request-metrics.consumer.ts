import { type EventDelivery, OnEvent, PoisonEventsError } from '@sluice/bus';
import type { RequestCompleted } from '@sluice/contracts';
import { Controller, Inject } from '@nestjs/common';
import type { SpoolNumber } from '@sluice/storage';
import { RollupFlusher } from './rollup-flusher.js';

/** Name of the aggregator's progress over the request stream. */
export const REQUEST_METRICS_CONSUMER = { stream: 'SLUICE_REQUESTS', durable: 'metrics-requests' } as const;

/** Clocks differ; what is further ahead is a mistake, and the logger refuses it as well. */
const MOST_AHEAD_MS = 2 * 24 * 3_600_000;

/**
 * Request events to `metric_minute`. A delivery is done when its sums and its numbers are committed, in one transaction.
 * Idempotent by spool and number: the same event again adds nothing.
 */
@Controller()
export class RequestMetricsConsumer {
  constructor(@Inject(RollupFlusher) private readonly flusher: RollupFlusher) {}

  /** Throws PoisonEventsError for events that can never be counted; the bus dead-letters them and calls again. */
  @OnEvent(REQUEST_METRICS_CONSUMER)
  async add(delivery: EventDelivery<RequestCompleted>): Promise<void> {
    // The name by which the bus knows each event.
    const ids = new Map(
      delivery.events.map(({ data, cloudEvent }) => [data, cloudEvent.subject ?? cloudEvent.id]),
    );
    const events = [...ids.keys()];
    const rejected = findAhead(events);
    if (rejected.length === 0) {
      rejected.push(...(await this.flusher.add({ events, dead: deadNumbersOf(delivery) })));
    }
    if (rejected.length === 0) return;
    throw new PoisonEventsError(
      rejected.map(({ event, reason }) => ({ eventId: ids.get(event) ?? event.eventId, reason })),
    );
  }
}

function findAhead(events: readonly RequestCompleted[]): { event: RequestCompleted; reason: string }[] {
  const latest = Date.now() + MOST_AHEAD_MS;
  return events
    .filter((event) => Date.parse(event.occurredAt) > latest)
    .map((event) => ({ event, reason: 'out_of_range: occurredAt is more than 2 days ahead' }));
}

/** An event that does not tell its number cannot be counted; its dead letter is all that is left of it. */
function deadNumbersOf(delivery: EventDelivery): SpoolNumber[] {
  return delivery.rejected.flatMap(({ spoolId, spoolSeq }) =>
    spoolId === null || spoolSeq === null ? [] : [{ spoolId, spoolSeq }],
  );
}
