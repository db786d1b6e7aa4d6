import type { NatsLink } from '@sluice/bus';
import { LIVE_SUBJECT, type LiveNumbers, REQUEST_SUBJECTS } from '@sluice/contracts';
import type { Logger } from '@sluice/service-kit';
import { LiveCounters } from './live-counters.js';
import { readLiveEvents } from './read-live-events.js';

/** What a {@link LivePublisher} needs. */
export interface LivePublisherOptions {
  readonly nats: NatsLink;
  readonly instance: string;
  readonly log: Logger;
}

const EACH_MS = 1_000;

/**
 * Hears every request event as it passes (a plain subscription beside the durable, so that each aggregator hears the whole
 * fleet and Postgres may be away) and publishes the live numbers once a second. Nothing is kept: while NATS is away
 * nothing is heard or said.
 */
export class LivePublisher {
  private readonly counters = new LiveCounters();
  private timer: NodeJS.Timeout | undefined;
  private stopListening: () => void = () => undefined;

  constructor(private readonly options: LivePublisherOptions) {}

  start(): void {
    void this.listen();
    this.timer = setInterval(() => this.publish(), EACH_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.stopListening();
  }

  private async listen(): Promise<void> {
    const { nats, log } = this.options;
    try {
      const connection = await nats.ready;
      // The client subscribes again by itself at each reconnect.
      const subscription = connection.subscribe(REQUEST_SUBJECTS, {
        callback: (error, message) => {
          if (error !== null) log.warn({ err: error }, 'the live numbers cannot hear request events');
          else for (const event of readLiveEvents(message.data)) this.counters.add(event);
        },
      });
      this.stopListening = () => subscription.unsubscribe();
    } catch (error) {
      // The link was closed before its first connection: this process stops.
      log.debug({ err: error }, 'the live numbers were never connected');
    }
  }

  private publish(): void {
    const { nats, instance, log } = this.options;
    const connection = nats.connection();
    if (connection === null || !nats.isConnected()) return;
    const numbers: LiveNumbers = { instance, ...this.counters.read() };
    try {
      connection.publish(LIVE_SUBJECT, JSON.stringify(numbers));
    } catch (error) {
      // The connection closes at this moment; the link says so, and the next second is another try.
      log.debug({ err: error }, 'live numbers were not published');
    }
  }
}
