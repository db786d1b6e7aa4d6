// Everything that travels over NATS and has a contract, as one table: docs/asyncapi.yaml is made from it.
import type { z } from 'zod';
import { CLOUD_EVENT_BATCH_CONTENT_TYPE, CLOUD_EVENT_CONTENT_TYPE } from './cloud-event.js';
import { DEAD_LETTER_EVENT_TYPE, deadLetterSchema } from './dead-letter.event.js';
import { LIVE_SUBJECT, liveNumbersSchema } from './live-numbers.js';
import { REQUEST_EVENT_TYPE, REQUEST_OUTCOMES, requestCompletedSchema } from './request-completed.event.js';
import { DEAD_SUBJECTS, REQUEST_SUBJECTS } from './subjects.js';

/** One row of the table. */
export interface EventChannel {
  /** The subject with names in braces where the pattern has `*`. */
  readonly address: string;
  /** The pattern to subscribe to. */
  readonly subjects: string;
  /** The JetStream stream that keeps it; null for plain NATS, which keeps nothing. */
  readonly stream: string | null;
  readonly summary: string;
  /** What stands for each name in the address, and its values when they are known. */
  readonly parameters: Readonly<
    Record<string, { readonly description: string; readonly values?: readonly string[] }>
  >;
  /** `event` and `batch` are CloudEvents 1.0 in JSON, one or a list; `plain` is the data itself. */
  readonly envelope: 'event' | 'batch' | 'plain';
  readonly contentType: string;
  /** `type` of the CloudEvent; null without one. */
  readonly eventType: string | null;
  /** PascalCase, for the schema. */
  readonly dataName: string;
  readonly data: z.ZodType;
}

export const EVENT_CHANNELS = {
  request: {
    address: 'sluice.v1.request.{outcome}',
    subjects: REQUEST_SUBJECTS,
    stream: 'SLUICE_REQUESTS',
    summary:
      'One event for each request of the data plane, with every attempt inside it; 1 to 64 of one outcome in a message.',
    parameters: { outcome: { description: 'How the requests ended.', values: REQUEST_OUTCOMES } },
    envelope: 'batch',
    contentType: CLOUD_EVENT_BATCH_CONTENT_TYPE,
    eventType: REQUEST_EVENT_TYPE,
    dataName: 'RequestCompleted',
    data: requestCompletedSchema,
  },
  dead: {
    address: 'sluice.v1.dead.{stream}.{consumer}',
    subjects: DEAD_SUBJECTS,
    stream: 'SLUICE_DEAD',
    summary: 'What a consumer could not take, with the reason.',
    parameters: {
      stream: { description: 'The stream that it came from.' },
      consumer: { description: 'The durable that could not take it.' },
    },
    envelope: 'event',
    contentType: CLOUD_EVENT_CONTENT_TYPE,
    eventType: DEAD_LETTER_EVENT_TYPE,
    dataName: 'DeadLetter',
    data: deadLetterSchema,
  },
  live: {
    address: LIVE_SUBJECT,
    subjects: LIVE_SUBJECT,
    stream: null,
    summary:
      'Rates and latencies of the last minute, one message a second; every publisher hears the whole fleet, so take one and never add.',
    parameters: {},
    envelope: 'plain',
    contentType: 'application/json',
    eventType: null,
    dataName: 'LiveNumbers',
    data: liveNumbersSchema,
  },
} as const satisfies Record<string, EventChannel>;

/** The schema of each event type that the consumers of the request stream handle. */
export const REQUEST_STREAM_SCHEMAS = new Map([[REQUEST_EVENT_TYPE, requestCompletedSchema]]);
