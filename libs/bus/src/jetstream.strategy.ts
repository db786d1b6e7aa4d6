// JetStream as a Nest transport: each @OnEvent handler is the reader of one durable.
import type { JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import {
  BaseRpcContext,
  Server,
  type CustomTransportStrategy,
  type MessageHandler,
} from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { type BusLog, toErrorFacts } from './bus-log.js';
import { DurableLoop } from './consumer/durable-loop.js';
import type { EventDelivery } from './consumer/event-delivery.js';
import { runHandler } from './consumer/run-handler.js';
import { DeadLetters } from './dead-letter.js';
import type { NatsLink } from './nats-connection.js';
import { JETSTREAM_TRANSPORT, toPattern, type EventSource } from './on-event.decorator.js';
import { Settlement } from './settle.js';
import { DURABLES, type DurableName } from './streams.js';

/** How to consume. */
export interface JetStreamStrategyOptions {
  /** Made and closed by its owner, who closes it after this strategy. */
  readonly nats: NatsLink;
  readonly log: BusLog;
  /** Messages that a handler may have at a time, so that it can gather them into one commit. Default 64. */
  readonly concurrency?: number;
  /** How long close() waits for handlers. What is not done then comes again, here or elsewhere. Default 25 s. */
  readonly closeTimeoutMs?: number;
}

const DEFAULT_CONCURRENCY = 64;
const DEFAULT_CLOSE_TIMEOUT_MS = 25_000;
const FLUSH_TIMEOUT_MS = 2_000;

/**
 * A Nest transport strategy over pull consumers. A message is acked when its handler's observable has completed, and
 * at no other time. Starts at once even when NATS is away.
 */
export class JetStreamStrategy extends Server implements CustomTransportStrategy {
  override transportId = JETSTREAM_TRANSPORT;
  /** We report a handler's error ourselves; Nest would do so a second time. */
  override readonly propagatesEventHandlerErrors = true;
  readonly #nats: NatsLink;
  readonly #log: BusLog;
  readonly #settlement: Settlement;
  readonly #concurrency: number;
  readonly #closeTimeoutMs: number;
  readonly #loops: DurableLoop[] = [];
  readonly #active = new Map<JsMsg, NodeJS.Timeout>();
  readonly #deadLetters = new Map<DurableName, DeadLetters>();

  constructor(options: JetStreamStrategyOptions) {
    super();
    this.#nats = options.nats;
    this.#log = options.log;
    this.#settlement = new Settlement(options.log);
    this.#concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
    this.#closeTimeoutMs = options.closeTimeoutMs ?? DEFAULT_CLOSE_TIMEOUT_MS;
  }

  /** @throws Error when a durable already has a handler: both would settle the same message. */
  override addHandler(
    pattern: unknown,
    callback: MessageHandler,
    isEvent = false,
    extras: object = {},
  ): void {
    const source = readSource(extras);
    if (source === null || !isEvent) {
      throw new Error(`${String(pattern)}: handlers of this transport are declared with @OnEvent`);
    }
    if (this.messageHandlers.has(toPattern(source))) {
      throw new Error(
        `two handlers for ${toPattern(source)}: a durable has one handler, who calls the others`,
      );
    }
    super.addHandler(toPattern(source), callback, isEvent, extras);
  }

  /** Begins to read every durable that has a handler. */
  listen(callback: () => void): void {
    for (const handler of this.messageHandlers.values()) {
      const source = readSource(handler.extras ?? {});
      if (source === null) continue;
      const loop = new DurableLoop({
        nats: this.#nats,
        source,
        concurrency: this.#concurrency,
        log: this.#log,
        work: (message, connection) => this.#work(message, { connection, handler, source }),
        handBack: (message) => this.#settlement.handBack(message),
      });
      this.#loops.push(loop);
      loop.start();
    }
    callback();
  }

  /** Stops pulling, waits for the handlers, and brings the last acks to the server. */
  async close(): Promise<void> {
    await Promise.all(this.#loops.map((loop) => loop.stop(this.#closeTimeoutMs)));
    for (const timer of this.#active.values()) clearInterval(timer);
    this.#active.clear();
    const connection = this.#nats.connection();
    if (connection !== null && this.#nats.isConnected()) await flush(connection);
  }

  /** @throws always: there are no events of the transport to listen to; ask the NATS link. */
  on(): never {
    throw new Error('JetStreamStrategy has no transport events; use NatsLink.onChange');
  }

  /** The NATS link. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- Nest's own signature
  unwrap<T>(): T {
    // Nest leaves the type to the caller.
    return this.#nats as T;
  }

  async #work(
    message: JsMsg,
    at: { connection: NatsConnection; handler: MessageHandler; source: EventSource },
  ): Promise<void> {
    const working = (): void => this.#settlement.working(message);
    // While a handler waits, say for its database, the message must not be given to somebody else as well.
    const timer = setInterval(working, DURABLES[at.source.durable].ackWaitMs / 3);
    this.#active.set(message, timer);
    try {
      await runHandler({
        message,
        working,
        handler: (delivery) => this.#call(at.handler, delivery, message),
        deadLetters: this.#deadLettersOf(at.source, at.connection),
      });
      this.#settlement.done(message);
    } catch (error) {
      this.#log.error(
        { ...at.source, streamSeq: message.seq, deliveries: message.info.deliveryCount, ...toFacts(error) },
        'events were not handled; they come again',
      );
      this.#settlement.tryAgain(message);
    } finally {
      clearInterval(timer);
      this.#active.delete(message);
    }
  }

  /** Resolves when the handler's observable has completed, rejects when it fails. */
  async #call(handler: MessageHandler, delivery: EventDelivery, message: JsMsg): Promise<void> {
    const result: unknown = handler(delivery, new BaseRpcContext([message.subject, message.seq]));
    await lastValueFrom(this.transformToObservable(result), { defaultValue: undefined });
  }

  #deadLettersOf(source: EventSource, connection: NatsConnection): DeadLetters {
    const known = this.#deadLetters.get(source.durable);
    if (known !== undefined) return known;
    const made = new DeadLetters({ connection, stream: source.stream, consumer: source.durable });
    this.#deadLetters.set(source.durable, made);
    return made;
  }
}

/** What @OnEvent left with the handler. */
function readSource(extras: object): EventSource | null {
  const durable = 'durable' in extras ? extras.durable : undefined;
  if (typeof durable !== 'string' || !Object.hasOwn(DURABLES, durable)) return null;
  // It is one of the table's own keys.
  const name = durable as DurableName;
  return { stream: DURABLES[name].stream, durable: name };
}

/** Nest turns what handlers throw into plain objects with a message. */
function toFacts(error: unknown): { error: string } {
  if (!(error instanceof Error) && typeof error === 'object' && error !== null && 'message' in error) {
    return { error: String(error.message) };
  }
  return toErrorFacts(error);
}

async function flush(connection: NatsConnection): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, FLUSH_TIMEOUT_MS);
  });
  await Promise.race([connection.flush().catch(() => undefined), deadline]);
  clearTimeout(timer);
}
