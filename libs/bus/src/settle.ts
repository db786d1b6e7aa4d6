// The only place that acks, naks or asks for more time. An ack means: the effect is durable.
import type { JsMsg } from '@nats-io/jetstream';
import { type BusLog, toErrorFacts } from './bus-log.js';

const FIRST_NAK_DELAY_MS = 1_000;
const LONGEST_NAK_DELAY_MS = 30_000;

/** Settles messages of one consumer. Nothing here throws: what is not settled comes again. */
export class Settlement {
  readonly #log: BusLog;

  constructor(log: BusLog) {
    this.#log = log;
  }

  /** The message is done for good. */
  done(message: JsMsg): void {
    this.#try(message, 'ack', () => message.ack());
  }

  /** The message could not be handled now. It comes again later, the later the more often it came. */
  tryAgain(message: JsMsg): void {
    const delivery = Math.min(message.info.deliveryCount, 10);
    const delayMs = Math.min(FIRST_NAK_DELAY_MS * 2 ** (delivery - 1), LONGEST_NAK_DELAY_MS);
    this.#try(message, 'nak', () => message.nak(delayMs));
  }

  /** Nobody has begun with the message: another instance may have it at once. */
  handBack(message: JsMsg): void {
    this.#try(message, 'nak', () => message.nak());
  }

  /** The message is still being worked on. */
  working(message: JsMsg): void {
    this.#try(message, 'working', () => message.working());
  }

  #try(message: JsMsg, what: string, settle: () => void): void {
    try {
      settle();
    } catch (error) {
      this.#log.warn(
        { streamSeq: message.seq, ...toErrorFacts(error) },
        `could not ${what} a message; it comes again`,
      );
    }
  }
}
