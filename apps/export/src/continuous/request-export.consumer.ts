import { type EventDelivery, OnEvent } from '@sluice/bus';
import type { RequestCompleted } from '@sluice/contracts';
import { Controller, Inject } from '@nestjs/common';
import { ContinuousExport } from './continuous-export.js';

/** The durable of this service's own over the request stream. */
export const REQUEST_EXPORT_CONSUMER = { stream: 'SLUICE_REQUESTS', durable: 'export-requests' } as const;

/**
 * Request events to the hourly files. A delivery is done when its lines are on disk and its numbers committed.
 * Idempotent by spool and number: the same event again is not a second line.
 */
@Controller()
export class RequestExportConsumer {
  constructor(@Inject(ContinuousExport) private readonly continuous: ContinuousExport) {}

  @OnEvent(REQUEST_EXPORT_CONSUMER)
  async store(delivery: EventDelivery<RequestCompleted>): Promise<void> {
    await this.continuous.add({
      events: delivery.events.map((event) => event.data),
      // An event that does not tell its number cannot be counted; its dead letter is all that is left of it.
      dead: delivery.rejected.flatMap(({ spoolId, spoolSeq }) =>
        spoolId === null || spoolSeq === null ? [] : [{ spoolId, spoolSeq }],
      ),
    });
  }
}
