// One message from its bytes to its effect: decode, dead-letter what is unreadable, call the handler to its end,
// take out what its storage refuses and call it again.
import type { JsMsg } from '@nats-io/jetstream';
import type { DeadLetters } from '../dead-letter.js';
import { decodeDelivery, toUnreadable, type DecodedMessage } from './decode-delivery.js';
import {
  PoisonEventsError,
  type EventDelivery,
  type PoisonEvent,
  type RejectedEvent,
} from './event-delivery.js';

/** What {@link runHandler} works with. */
export interface HandlerRun {
  readonly message: JsMsg;
  /** Resolves when the handler's effect is durable. */
  readonly handler: (delivery: EventDelivery) => Promise<void>;
  readonly deadLetters: DeadLetters;
  readonly working: () => void;
}

/** Resolves when everything in the message is handled or dead: it may be acked. Rejects when it must come again. */
export async function runHandler(run: HandlerRun): Promise<void> {
  const { message, deadLetters } = run;
  let decoded: DecodedMessage = decodeDelivery(message.data);
  const rejected: RejectedEvent[] = [];
  for (;;) {
    for (const { payload, ...event } of decoded.unreadable) {
      await deadLetters.write(message, { ...event, payload });
      rejected.push(event);
    }
    try {
      await run.handler({
        events: decoded.events,
        rejected: [...rejected],
        redelivered: message.redelivered,
        working: run.working,
      });
      return;
    } catch (error) {
      if (!(error instanceof PoisonEventsError)) throw error;
      decoded = takeOut(decoded, error.poison);
      // It named none of the events that it got: calling it again would never end.
      if (decoded.unreadable.length === 0) throw error;
    }
  }
}

function takeOut(decoded: DecodedMessage, poison: readonly PoisonEvent[]): DecodedMessage {
  const reasons = new Map(poison.map(({ eventId, reason }) => [eventId, reason]));
  const reasonOf = (event: DecodedMessage['events'][number]): string | undefined =>
    reasons.get(event.cloudEvent.subject ?? event.cloudEvent.id);
  return {
    events: decoded.events.filter((event) => reasonOf(event) === undefined),
    unreadable: decoded.events.flatMap((event) => {
      const reason = reasonOf(event);
      return reason === undefined ? [] : [toUnreadable(event.cloudEvent, reason)];
    }),
  };
}
