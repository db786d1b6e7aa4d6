import { EventPattern } from '@nestjs/microservices';
import type { DURABLES, DurableName } from './streams.js';

/** Marks handlers as ours, so that another transport of the same app does not take them. */
export const JETSTREAM_TRANSPORT = Symbol('sluice.jetstream');

/** Which durable a handler serves. */
export interface EventSource<D extends DurableName = DurableName> {
  readonly stream: (typeof DURABLES)[D]['stream'];
  readonly durable: D;
}

/** The pattern under which Nest keeps a handler. */
export const toPattern = ({ stream, durable }: EventSource): string => `${stream}/${durable}`;

/**
 * Declares a controller's method as the one handler of a durable. It gets an `EventDelivery` and returns (or
 * resolves, or its observable completes) only when its effect is durable: then the message is acked.
 * What it throws means "not now"; {@link PoisonEventsError} means "never these".
 *
 * @example
 * ```ts
 * @OnEvent({ stream: 'SLUICE_REQUESTS', durable: 'logger-requests' })
 * async store(delivery: EventDelivery<RequestCompleted>): Promise<void> { … }
 * ```
 */
export const OnEvent = <D extends DurableName>(source: EventSource<D>): MethodDecorator =>
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-arguments -- only the explicit one picks the overload of Nest that returns a plain method decorator
  EventPattern<string>(toPattern(source), JETSTREAM_TRANSPORT, {
    stream: source.stream,
    durable: source.durable,
  });
