import {
  deadNumbersOf,
  DeliveryBatcher,
  type EventDelivery,
  OnEvent,
  PoisonEventsError,
  type RefusedItem,
} from '@sluice/bus';
import type { RequestCompleted } from '@sluice/contracts';
import { Controller, Inject } from '@nestjs/common';

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
  constructor(@Inject(DeliveryBatcher) private readonly batcher: DeliveryBatcher<RequestCompleted>) {}

  /** Throws PoisonEventsError for events that can never be counted; the bus dead-letters them and calls again. */
  @OnEvent(REQUEST_METRICS_CONSUMER)
  async add(delivery: EventDelivery<RequestCompleted>): Promise<void> {
    // The name by which the bus knows each event.
    const ids = new Map(
      delivery.events.map(({ data, cloudEvent }) => [data, cloudEvent.subject ?? cloudEvent.id]),
    );
    const events = [...ids.keys()];
    const refused = findAhead(events);
    if (refused.length === 0) {
      refused.push(...(await this.batcher.add({ items: events, dead: deadNumbersOf(delivery) })));
    }
    if (refused.length === 0) return;
    throw new PoisonEventsError(
      refused.map(({ item, reason }) => ({ eventId: ids.get(item) ?? item.eventId, reason })),
    );
  }
}

function findAhead(events: readonly RequestCompleted[]): RefusedItem<RequestCompleted>[] {
  const latest = Date.now() + MOST_AHEAD_MS;
  return events
    .filter((event) => Date.parse(event.occurredAt) > latest)
    .map((item) => ({ item, reason: 'out_of_range: occurredAt is more than 2 days ahead' }));
}
