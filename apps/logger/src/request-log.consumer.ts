import { deadNumbersOf, DeliveryBatcher, type EventDelivery, OnEvent, PoisonEventsError } from '@sluice/bus';
import type { RequestCompleted } from '@sluice/contracts';
import { Controller, Inject } from '@nestjs/common';
import type { NewRequestLogRow } from '@sluice/storage';
import { toRequestLogRow } from './to-request-log-row.js';

/** Name of the logger's progress over the request stream. */
export const REQUEST_LOG_CONSUMER = { stream: 'SLUICE_REQUESTS', durable: 'logger-requests' } as const;

/**
 * Request events to `request_log`. A delivery is done when its rows and its numbers are committed, in one transaction.
 * Idempotent by event id and receipt time: the same event again is neither a second row nor a second number.
 */
@Controller()
export class RequestLogConsumer {
  constructor(@Inject(DeliveryBatcher) private readonly batcher: DeliveryBatcher<NewRequestLogRow>) {}

  /** Throws PoisonEventsError for rows that can never be stored; the bus dead-letters them and calls again. */
  @OnEvent(REQUEST_LOG_CONSUMER)
  async store(delivery: EventDelivery<RequestCompleted>): Promise<void> {
    const loggedAt = new Date();
    const ids = new Map(
      delivery.events.map((event) => [
        toRequestLogRow(event.data, loggedAt),
        // The name by which the bus knows the event.
        event.cloudEvent.subject ?? event.cloudEvent.id,
      ]),
    );
    const refused = await this.batcher.add({ items: [...ids.keys()], dead: deadNumbersOf(delivery) });
    if (refused.length === 0) return;
    throw new PoisonEventsError(
      refused.map(({ item, reason }) => ({ eventId: ids.get(item) ?? item.event_id, reason })),
    );
  }
}
