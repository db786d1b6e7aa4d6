// One message -> its events, each checked against the schema of its type. Pure; never throws.
import { type CloudEvent, cloudEventSchema, REQUEST_STREAM_SCHEMAS } from '@sluice/contracts';
import type { DeliveredEvent, RejectedEvent } from './event-delivery.js';

/** A rejected event with the bytes that a dead letter keeps. */
export interface UnreadableEvent extends RejectedEvent {
  readonly payload: Uint8Array;
}

/** What a message holds. */
export interface DecodedMessage {
  readonly events: readonly DeliveredEvent<unknown>[];
  readonly unreadable: readonly UnreadableEvent[];
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_ID_LENGTH = 128;

/** Reads a CloudEvent or a CloudEvents JSON batch. */
export function decodeDelivery(payload: Uint8Array): DecodedMessage {
  let content: unknown;
  try {
    content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload));
  } catch (error) {
    const reason = error instanceof TypeError ? 'invalid_utf8' : 'invalid_json';
    return { events: [], unreadable: [{ spoolId: null, spoolSeq: null, eventId: null, reason, payload }] };
  }
  const items: unknown[] = Array.isArray(content) ? content : [content];
  if (items.length === 0) {
    const nobody = { spoolId: null, spoolSeq: null, eventId: null };
    return { events: [], unreadable: [{ ...nobody, reason: 'empty_batch', payload }] };
  }
  const events: DeliveredEvent<unknown>[] = [];
  const unreadable: UnreadableEvent[] = [];
  for (const item of items) {
    const read = readEvent(item);
    if ('reason' in read) unreadable.push(toUnreadable(item, read.reason));
    else events.push(read);
  }
  return { events, unreadable };
}

/** What a rejected event says of itself, believed only as far as it has the right form. */
export function toRejected(item: unknown, reason: string): RejectedEvent {
  const envelope = toRecord(item);
  const data = toRecord(envelope['data']);
  const spoolId = data['spoolId'];
  const spoolSeq = data['spoolSeq'];
  const ids = [data['eventId'], envelope['subject'], envelope['id']];
  const eventId = ids.find((id) => typeof id === 'string' && id !== '' && id.length <= MAX_ID_LENGTH);
  return {
    spoolId: typeof spoolId === 'string' && UUID.test(spoolId) ? spoolId : null,
    spoolSeq: Number.isSafeInteger(spoolSeq) && Number(spoolSeq) > 0 ? Number(spoolSeq) : null,
    eventId: typeof eventId === 'string' ? eventId : null,
    reason,
  };
}

/** As {@link toRejected}, with the event's JSON. */
export const toUnreadable = (item: unknown, reason: string): UnreadableEvent => ({
  ...toRejected(item, reason),
  payload: toBytes(item),
});

/** The JSON text of a value, written anew; a note in its place when it is too deep to write. */
function toBytes(item: unknown): Uint8Array {
  try {
    return new TextEncoder().encode(JSON.stringify(item));
  } catch {
    return new TextEncoder().encode('"nested too deeply to be kept"');
  }
}

function readEvent(item: unknown): DeliveredEvent<unknown> | { reason: string } {
  const envelope = cloudEventSchema.safeParse(item);
  if (!envelope.success) return { reason: `invalid_envelope: ${toPath(envelope.error.issues)}` };
  const cloudEvent: CloudEvent = envelope.data;
  const schema = REQUEST_STREAM_SCHEMAS.get(cloudEvent.type);
  if (schema === undefined) return { reason: `unknown_type: ${cloudEvent.type.slice(0, MAX_ID_LENGTH)}` };
  const data = schema.safeParse(cloudEvent.data);
  if (!data.success) return { reason: `invalid_data: ${toPath(data.error.issues)}` };
  return { cloudEvent, data: data.data };
}

/** Where the first problems are; never what stands there. */
const toPath = (issues: readonly { path: readonly PropertyKey[]; code?: string }[]): string =>
  issues
    .slice(0, 3)
    .map((issue) => `${issue.path.map(String).join('.')} ${issue.code ?? ''}`.trim())
    .join(', ');

const toRecord = (value: unknown): Record<string, unknown> =>
  // Any object can be read by key; what is found there is tested.
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
