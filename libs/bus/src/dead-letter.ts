// What a consumer cannot take goes to SLUICE_DEAD, with the reason, so that it can be looked at and replayed.
import { createHash, randomUUID } from 'node:crypto';
import { jetstream, type JetStreamClient, type JsMsg } from '@nats-io/jetstream';
import { headers, type NatsConnection } from '@nats-io/transport-node';
import {
  CLOUD_EVENT_CONTENT_TYPE,
  type CloudEvent,
  DEAD_LETTER_EVENT_TYPE,
  type DeadLetter,
  type DeadPayload,
  deadSubject,
} from '@sluice/contracts';
import type { UnreadableEvent } from './consumer/decode-delivery.js';

/** Largest payload that is kept whole, as base64. */
const MAX_BASE64_BYTES = 512 * 1024;
const HEAD_BYTES = 64 * 1024;
const PUBLISH_TIMEOUT_MS = 5_000;
const REMEMBERED_LETTERS = 10_000;

/** Whose dead letters. */
export interface DeadLetterOffice {
  readonly connection: NatsConnection;
  readonly stream: string;
  readonly consumer: string;
}

/** Stores dead letters of one consumer. */
export class DeadLetters {
  readonly #jetstream: JetStreamClient;
  readonly #stream: string;
  readonly #consumer: string;
  readonly #written = new Set<string>();

  constructor(office: DeadLetterOffice) {
    this.#jetstream = jetstream(office.connection, { timeout: PUBLISH_TIMEOUT_MS });
    this.#stream = office.stream;
    this.#consumer = office.consumer;
  }

  /**
   * Returns when the letter has its PubAck. The same event of the same message is stored once, however often the
   * message comes: this process remembers it, and the stream its message id for an hour.
   * @throws when NATS cannot store it; the message must not be acked then.
   */
  async write(message: JsMsg, event: UnreadableEvent): Promise<void> {
    const id = toLetterId(this.#consumer, message, event);
    if (this.#written.has(id)) return;
    const letterHeaders = headers();
    letterHeaders.set('content-type', CLOUD_EVENT_CONTENT_TYPE);
    await this.#jetstream.publish(
      deadSubject(this.#stream, this.#consumer),
      JSON.stringify(this.#toCloudEvent(message, event)),
      { msgID: id, headers: letterHeaders },
    );
    if (this.#written.size >= REMEMBERED_LETTERS) this.#written.clear();
    this.#written.add(id);
  }

  #toCloudEvent(message: JsMsg, event: UnreadableEvent): CloudEvent {
    const data: DeadLetter = {
      eventId: event.eventId,
      spoolId: event.spoolId,
      spoolSeq: event.spoolSeq,
      reason: event.reason,
      stream: this.#stream,
      consumer: this.#consumer,
      subject: message.subject,
      streamSeq: message.seq,
      payload: toDeadPayload(event.payload),
    };
    return {
      specversion: '1.0',
      id: randomUUID(),
      source: `/sluice/consumer/${this.#consumer}`,
      type: DEAD_LETTER_EVENT_TYPE,
      ...(event.eventId === null ? {} : { subject: event.eventId }),
      time: new Date().toISOString(),
      datacontenttype: 'application/json',
      data,
    };
  }
}

function toDeadPayload(payload: Uint8Array): DeadPayload {
  const bytes = Buffer.from(payload);
  if (Math.ceil(bytes.length / 3) * 4 <= MAX_BASE64_BYTES) {
    return { kind: 'whole', base64: bytes.toString('base64') };
  }
  return {
    kind: 'head',
    headBase64: bytes.subarray(0, HEAD_BYTES).toString('base64'),
    bytes: bytes.length,
    digest: createHash('sha256').update(bytes).digest('hex'),
  };
}

/** The message's place in the stream and the event's bytes; the reason may differ from one time to the next. */
const toLetterId = (consumer: string, message: JsMsg, event: UnreadableEvent): string =>
  createHash('sha256')
    .update(`${consumer}\n${message.info.stream}\n${message.seq}\n${message.timestamp}\n`)
    .update(event.payload)
    .digest('base64url');
