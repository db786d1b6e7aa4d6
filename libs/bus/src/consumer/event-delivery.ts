import { RpcException } from '@nestjs/microservices';
import type { CloudEvent } from '@sluice/contracts';

/** An event as its handler gets it: read and checked against the schema of its type. */
export interface DeliveredEvent<T> {
  readonly cloudEvent: CloudEvent;
  readonly data: T;
}

/**
 * An event that will never be handled: its dead letter is stored. Its number, when it had a readable one, has to be
 * recorded as dead in the handler's transaction.
 */
export interface RejectedEvent {
  readonly spoolId: string | null;
  readonly spoolSeq: number | null;
  readonly eventId: string | null;
  /** A short code and what was wrong, without the event's content. */
  readonly reason: string;
}

/** The number of an event whose dead letter is stored. */
export interface DeadNumber {
  readonly spoolId: string;
  readonly spoolSeq: number;
}

/**
 * The numbers that a handler records as dead. An event that does not tell its number cannot be counted; its dead letter is
 * all that is left of it.
 */
export const deadNumbersOf = (delivery: EventDelivery): DeadNumber[] =>
  delivery.rejected.flatMap(({ spoolId, spoolSeq }) =>
    spoolId === null || spoolSeq === null ? [] : [{ spoolId, spoolSeq }],
  );

/** What a handler gets for one message. */
export interface EventDelivery<T = unknown> {
  /** The good ones, in the message's order; may be empty when all were rejected. */
  readonly events: readonly DeliveredEvent<T>[];
  readonly rejected: readonly RejectedEvent[];
  /** The message was delivered before, perhaps handled too: handlers are idempotent. */
  readonly redelivered: boolean;
  /** Tells NATS that the handler is still at it. The strategy does so too, every third of AckWait. Never throws. */
  working(): void;
}

/** One event and what its handler's storage says against it. */
export interface PoisonEvent {
  readonly eventId: string;
  readonly reason: string;
}

/**
 * A handler throws this when its storage refuses some of the events for what they contain. They are dead-lettered,
 * and the handler is called again with the others and with these among `rejected`.
 */
export class PoisonEventsError extends RpcException {
  readonly poison: readonly PoisonEvent[];

  constructor(poison: readonly PoisonEvent[]) {
    super(`${poison.length} events cannot be stored: ${poison[0]?.reason ?? 'no event named'}`);
    this.poison = poison;
  }

  /** Nest hands on what this returns, and drops the exception itself. */
  override getError(): this {
    return this;
  }
}
