// Events -> messages: 1 to 64 request events of one subject, as a CloudEvents JSON batch; all others one by one.
import { createHash } from 'node:crypto';
import { CLOUD_EVENT_BATCH_CONTENT_TYPE, CLOUD_EVENT_CONTENT_TYPE } from '@sluice/contracts';
import type { SpooledEvent } from '../spool/spool-folder.js';
import { REQUESTS_CODE } from '../spool/spooled-streams.js';

/** One message that is on its way, from the first try to its PubAck. */
export interface OutgoingBatch {
  readonly id: number;
  readonly subject: string;
  /** Place of its stream in `SPOOLED_STREAMS`. */
  readonly streamCode: number;
  /** Empty when it is done. */
  events: readonly SpooledEvent[];
  /** Bytes of {@link toPayload}. */
  readonly bytes: number;
  /** When it was sent last; 0 = it is not out. */
  sentAtMs: number;
  isDone: boolean;
}

/** What fits into one message. */
export interface BatchLimits {
  readonly maxEvents: number;
  readonly maxBytes: number;
}

let lastId = 0;

/**
 * Cuts events into messages of one subject each, in the order of their first events: requests in batches, of which a too
 * large event is one by itself; all else alone.
 */
export function cutBatches(events: readonly SpooledEvent[], limits: BatchLimits): OutgoingBatch[] {
  const batches: OutgoingBatch[] = [];
  const open = new Map<string, { events: SpooledEvent[]; bytes: number }>();
  const finish = (
    streamCode: number,
    subject: string,
    batch: { events: SpooledEvent[]; bytes: number },
  ): void => {
    lastId += 1;
    batches.push({ id: lastId, streamCode, subject, ...batch, sentAtMs: 0, isDone: false });
  };
  for (const event of events) {
    if (event.streamCode !== REQUESTS_CODE) {
      finish(event.streamCode, event.subject, { events: [event], bytes: event.jsonBytes });
      continue;
    }
    // Brackets or comma, one byte for each event and one more.
    let batch = open.get(event.subject);
    const isFull =
      batch !== undefined &&
      (batch.events.length >= limits.maxEvents || batch.bytes + event.jsonBytes + 1 > limits.maxBytes);
    if (batch !== undefined && isFull) {
      finish(REQUESTS_CODE, event.subject, batch);
      batch = undefined;
    }
    if (batch === undefined) {
      batch = { events: [], bytes: 1 };
      open.set(event.subject, batch);
    }
    batch.events.push(event);
    batch.bytes += event.jsonBytes + 1;
  }
  for (const [subject, batch] of open) finish(REQUESTS_CODE, subject, batch);
  return batches;
}

const OPEN_BRACKET = 0x5b;
const COMMA = 0x2c;
const CLOSE_BRACKET = 0x5d;

/** The content type of {@link toPayload}. */
export const contentTypeOf = ({ streamCode }: OutgoingBatch): string =>
  streamCode === REQUESTS_CODE ? CLOUD_EVENT_BATCH_CONTENT_TYPE : CLOUD_EVENT_CONTENT_TYPE;

/** The message: the events' texts as they were appended, written once, without a text in between. */
export function toPayload(batch: OutgoingBatch): Buffer {
  const payload = Buffer.allocUnsafe(batch.bytes);
  if (batch.streamCode !== REQUESTS_CODE) {
    payload.write(batch.events[0]?.json ?? '', 'utf8');
    return payload;
  }
  let at = 0;
  for (const event of batch.events) {
    payload[at] = at === 0 ? OPEN_BRACKET : COMMA;
    at += 1 + payload.write(event.json, at + 1, 'utf8');
  }
  payload[at] = CLOSE_BRACKET;
  return payload;
}

/** The same events give the same id, however often they are sent. */
export const toMessageId = (batch: OutgoingBatch): string =>
  createHash('sha256')
    .update(batch.events.map((event) => event.eventId).join('\n'))
    .digest('base64url');
