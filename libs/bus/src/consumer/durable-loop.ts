// Pulls the messages of one durable and hands each to a worker, as many at a time as there are free places. It asks
// for no more messages than it can begin with at once, so none waits here while its AckWait runs.
import { setTimeout as delay } from 'node:timers/promises';
import { jetstream, type Consumer, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import { type BusLog, toErrorFacts } from '../bus-log.js';
import type { NatsLink } from '../nats-connection.js';
import type { EventSource } from '../on-event.decorator.js';

/** What a loop works with. */
export interface DurableLoopOptions {
  readonly nats: NatsLink;
  readonly source: EventSource;
  readonly concurrency: number;
  readonly log: BusLog;
  /** Handles and settles one message. Never rejects. */
  readonly work: (message: JsMsg, connection: NatsConnection) => Promise<void>;
  /** For a message that arrived after {@link DurableLoop.stop}. */
  readonly handBack: (message: JsMsg) => void;
}

const PULL_EXPIRES_MS = 10_000;
const API_TIMEOUT_MS = 5_000;
/** One round trip to NATS. */
const DRAIN_TIMEOUT_MS = 2_000;
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 5_000;

/** Runs until {@link stop}; NATS, the stream or the durable may be away for any time. */
export class DurableLoop {
  readonly #options: DurableLoopOptions;
  readonly #active = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #messages: ConsumerMessages | null = null;
  #placeFreed: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #failures = 0;

  constructor(options: DurableLoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Pulls no more and waits until what was begun is done, but not longer than `timeoutMs`. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping.abort();
    if (this.#messages !== null) await endPull(this.#messages);
    this.#placeFreed();
    const deadline = new AbortController();
    await Promise.race([
      Promise.all([this.#running, ...this.#active]),
      delay(timeoutMs, undefined, { signal: deadline.signal }).catch(() => undefined),
    ]);
    deadline.abort();
  }

  async #run(): Promise<void> {
    const { nats } = this.#options;
    const stopWatching = nats.onChange((isConnected) => {
      // A pull does not survive a disconnect; a new one is made after it.
      if (!isConnected) void this.#messages?.close();
    });
    while (!this.#isStopping()) {
      try {
        await this.#pullOnce(await abortable(nats.ready, this.#stopping.signal));
        this.#reportBack();
      } catch (error) {
        if (!this.#isStopping()) await this.#pause(error);
      }
    }
    stopWatching();
  }

  async #pullOnce(connection: NatsConnection): Promise<void> {
    const { source, nats } = this.#options;
    if (!nats.isConnected()) throw new Error('NATS is not connected');
    const consumer: Consumer = await jetstream(connection, { timeout: API_TIMEOUT_MS }).consumers.get(
      source.stream,
      source.durable,
    );
    while (!this.#isStopping() && nats.isConnected()) {
      await this.#waitForPlace();
      if (this.#isStopping()) return;
      const free = this.#options.concurrency - this.#active.size;
      this.#messages = await consumer.fetch({ max_messages: free, expires: PULL_EXPIRES_MS });
      // stop() may have come while the pull was made.
      if (this.#isStopping()) void endPull(this.#messages);
      for await (const message of this.#messages) {
        if (this.#isStopping()) this.#options.handBack(message);
        else this.#begin(message, connection);
      }
      this.#reportBack();
    }
  }

  #begin(message: JsMsg, connection: NatsConnection): void {
    const work = this.#options.work(message, connection).finally(() => {
      this.#active.delete(work);
      this.#placeFreed();
    });
    this.#active.add(work);
  }

  async #waitForPlace(): Promise<void> {
    while (this.#active.size >= this.#options.concurrency && !this.#isStopping()) {
      await new Promise<void>((resolve) => {
        this.#placeFreed = resolve;
      });
    }
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** One line when it stops working, one when it works again. */
  async #pause(error: unknown): Promise<void> {
    const { log, source, nats } = this.#options;
    if (this.#failures === 0) {
      const facts = { ...source, address: nats.address, ...toErrorFacts(error) };
      log.warn(facts, `cannot read ${source.durable} at ${nats.address} (NATS_URL); trying on`);
    }
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 10), LONGEST_RETRY_MS);
    this.#failures += 1;
    await delay(waitMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }

  #reportBack(): void {
    if (this.#failures > 0) this.#options.log.info(this.#options.source, 'reading again');
    this.#failures = 0;
  }
}

/**
 * Takes the pull back. What the server has sent until it hears of that still arrives, to be handed back: without, it would
 * lie until AckWait is over. Never rejects.
 */
async function endPull(messages: ConsumerMessages): Promise<void> {
  const subscription = subscriptionOf(messages);
  const drained = subscription?.drain().catch(() => undefined); // it is closed already
  await Promise.race([drained, delay(DRAIN_TIMEOUT_MS, undefined, { ref: false })]);
  await messages.close();
}

/** The client has no public way to drain a pull; its iterator follows when this is drained. */
function subscriptionOf(messages: ConsumerMessages): Subscription | undefined {
  // Found by name and tested: with a client that calls it otherwise, a stop is as good as close() alone.
  const { sub } = messages as { sub?: Subscription };
  return typeof sub?.drain === 'function' ? sub : undefined;
}

/** The promise, or a rejection as soon as the signal comes. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('stopped'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
