import { type EventDelivery, OnEvent, PoisonEventsError } from '@sluice/bus';
import type { RequestCompleted } from '@sluice/contracts';
import { Controller, Inject } from '@nestjs/common';
import type { DeadNumber } from '@sluice/storage';
import { RowBatcher } from './row-batcher.js';
import { toRequestLogRow } from './to-request-log-row.js';

/** Name of the logger's progress over the request stream. */
export const REQUEST_LOG_CONSUMER = { stream: 'SLUICE_REQUESTS', durable: 'logger-requests' } as const;

/**
 * Request events to `request_log`. A delivery is done when its rows and its numbers are committed, in one transaction.
 * Idempotent by event id and receipt time: the same event again is neither a second row nor a second number.
 */
@Controller()
export class RequestLogConsumer {
  constructor(@Inject(RowBatcher) private readonly batcher: RowBatcher) {}

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
    const rejected = await this.batcher.add({ rows: [...ids.keys()], dead: deadNumbersOf(delivery) });
    if (rejected.length === 0) return;
    throw new PoisonEventsError(
      rejected.map(({ row, reason }) => ({ eventId: ids.get(row) ?? row.event_id, reason })),
    );
  }
}

/** An event that does not tell its number cannot be counted; its dead letter is all that is left of it. */
function deadNumbersOf(delivery: EventDelivery): DeadNumber[] {
  return delivery.rejected.flatMap(({ spoolId, spoolSeq }) =>
    spoolId === null || spoolSeq === null ? [] : [{ spoolId, spoolSeq }],
  );
}
