// What a client must get, made from the recording alone and without the gateway's own code.
import { type ServerEvent, parseEvents } from './parse-events.js';
import type { JsonRecord, RecordedCase } from './recorded-case.js';

/** A parsed event of a stream; `json` is null for the terminal marker and for comments. */
export interface StreamEvent {
  readonly type: string;
  readonly comment: string | null;
  readonly json: JsonRecord | null;
  readonly isDone: boolean;
}

export const DONE: StreamEvent = { type: '', comment: null, json: null, isDone: true };

/** All events of a stream's text; fails when it does not end after a whole event. */
export function readStream(text: string): StreamEvent[] {
  const { events, rest } = parseEvents(text.endsWith('\n\n') ? text : `${text}\n\n`);
  if (rest.trim() !== '') throw new Error(`the stream ends inside an event: ${rest.slice(-80)}`);
  return events.map(toStreamEvent);
}

/** The events that a client must get of a stream that ended well. */
export function expectedStream(recorded: RecordedCase, alias: string, isUsageHidden: boolean): StreamEvent[] {
  const events = readStream(recorded.upstream.body)
    .filter((event) => !event.isDone)
    .filter((event) => !(isUsageHidden && isUsageOnly(event)))
    .map((event) => renamed(event, alias));
  // Some providers leave the marker out; clients of this dialect wait for it.
  return [...events, DONE];
}

/** The events before the error of a stream that broke. */
export function expectedBeforeError(recorded: RecordedCase, alias: string): StreamEvent[] {
  const events = readStream(recorded.upstream.body);
  const at = events.findIndex((event) => event.type === 'error' || isRecord(event.json?.['error']));
  if (at < 0) throw new Error(`${recorded.id} holds no error event`);
  return events.slice(0, at).map((event) => renamed(event, alias));
}

/** The document that a client must get: the recorded one with the model's name rewritten. */
export function expectedDocument(recorded: RecordedCase, alias: string): JsonRecord {
  const document = JSON.parse(recorded.upstream.body) as JsonRecord;
  return 'model' in document ? { ...document, model: alias } : document;
}

/** How many bytes longer or shorter the rewritten name makes the recorded document. */
export function lengthChange(recorded: RecordedCase, alias: string): number {
  const { model } = JSON.parse(recorded.upstream.body) as JsonRecord;
  return typeof model === 'string' ? jsonBytes(alias) - jsonBytes(model) : 0;
}

/** The chunk that servers add when usage is asked for: it counts and says nothing. */
const isUsageOnly = ({ json }: StreamEvent): boolean =>
  json !== null && Array.isArray(json['choices']) && json['choices'].length === 0 && isRecord(json['usage']);

/** Anthropic's name of the model stands in the message that the stream begins with. */
function renamed(event: StreamEvent, alias: string): StreamEvent {
  const { json } = event;
  if (json === null) return event;
  const { message } = json;
  if (isRecord(message)) return { ...event, json: { ...json, message: { ...message, model: alias } } };
  return typeof json['model'] === 'string' ? { ...event, json: { ...json, model: alias } } : event;
}

function toStreamEvent(event: ServerEvent): StreamEvent {
  const isDone = event.comment === null && event.data.trim() === '[DONE]';
  const isJson = event.comment === null && !isDone;
  return {
    type: event.type,
    comment: event.comment,
    json: isJson ? (JSON.parse(event.data) as JsonRecord) : null,
    isDone,
  };
}

export const isRecord = (value: unknown): value is JsonRecord =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const jsonBytes = (text: string): number => Buffer.byteLength(JSON.stringify(text));
