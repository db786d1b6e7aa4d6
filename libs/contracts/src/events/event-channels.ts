// Everything that travels over NATS and has a contract, as one table: docs/asyncapi.yaml is made from it.
import type { z } from 'zod';
import { AUDIT_EVENT_TYPE, auditRecordedSchema } from './audit-recorded.event.js';
import { CLOUD_EVENT_BATCH_CONTENT_TYPE, CLOUD_EVENT_CONTENT_TYPE } from './cloud-event.js';
import { CONTROL_MESSAGES, controlSubject } from './control-messages.js';
import { DEAD_LETTER_EVENT_TYPE, deadLetterSchema } from './dead-letter.event.js';
import {
  COOLDOWN_KINDS,
  HEALTH_EVENT_TYPE,
  HEALTH_STATES,
  healthChangedSchema,
} from './health-changed.event.js';
import { LIVE_SUBJECT, liveNumbersSchema } from './live-numbers.js';
import { REQUEST_EVENT_TYPE, REQUEST_OUTCOMES, requestCompletedSchema } from './request-completed.event.js';
import { COOLDOWNS_BUCKET, cooldownFactSchema, EDGES_BUCKET, edgeRecordSchema } from './shared-facts.js';
import { AUDIT_SUBJECTS, DEAD_SUBJECTS, HEALTH_SUBJECTS, REQUEST_SUBJECTS } from './subjects.js';

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
  /** What comes back at the message's reply subject, from everybody who hears it. */
  readonly reply?: { readonly dataName: string; readonly data: z.ZodType };
}

const plain = { envelope: 'plain', contentType: 'application/json', eventType: null } as const;

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
  audit: {
    address: 'sluice.v1.audit.{entity}.{verb}',
    subjects: AUDIT_SUBJECTS,
    stream: 'SLUICE_AUDIT',
    summary: 'Something that a person or an operator did, e.g. a reload of the config. Secrets are masked.',
    parameters: {
      entity: { description: 'What it was done to, e.g. config.' },
      verb: { description: 'What was done, e.g. reloaded.' },
    },
    envelope: 'event',
    contentType: CLOUD_EVENT_CONTENT_TYPE,
    eventType: AUDIT_EVENT_TYPE,
    dataName: 'AuditRecorded',
    data: auditRecordedSchema,
  },
  health: {
    address: 'sluice.v1.health.{provider}.{state}',
    subjects: HEALTH_SUBJECTS,
    stream: 'SLUICE_HEALTH',
    summary:
      "A breaker of one edge changed, or a provider's credential is left alone for a while. The stream is the history, 72 h of it.",
    parameters: {
      provider: { description: 'Its name in the config; what is no letter, digit, _ or - is =XX.' },
      state: { description: 'What began.', values: HEALTH_STATES },
    },
    envelope: 'event',
    contentType: CLOUD_EVENT_CONTENT_TYPE,
    eventType: HEALTH_EVENT_TYPE,
    dataName: 'HealthChanged',
    data: healthChangedSchema,
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
    ...plain,
    dataName: 'LiveNumbers',
    data: liveNumbersSchema,
  },
  cooldown: {
    address: `$KV.${COOLDOWNS_BUCKET}.{provider}.{credential}.{providerModel}.{kind}.{writer}`,
    subjects: `$KV.${COOLDOWNS_BUCKET}.>`,
    stream: `KV_${COOLDOWNS_BUCKET}`,
    summary:
      'A key-value bucket: which credentials edges were told to leave alone. Each edge writes keys of its own; of several facts about a credential the longest holds.',
    parameters: {
      provider: { description: 'What is no letter, digit, _ or - is =XX, here and in the next two.' },
      credential: { description: "Tells a provider's credentials apart without saying them." },
      providerModel: { description: 'Just = when every model is meant.' },
      kind: { description: 'Why.', values: COOLDOWN_KINDS },
      writer: { description: 'The process that writes this key, and no other.' },
    },
    ...plain,
    dataName: 'CooldownFact',
    data: cooldownFactSchema,
  },
  edge: {
    address: `$KV.${EDGES_BUCKET}.{instance}`,
    subjects: `$KV.${EDGES_BUCKET}.>`,
    stream: `KV_${EDGES_BUCKET}`,
    summary:
      'A key-value bucket: the edges that are there, each written every 10 s. A record that is older is of an edge that is silent.',
    parameters: { instance: { description: 'The name of the edge.' } },
    ...plain,
    dataName: 'EdgeRecord',
    data: edgeRecordSchema,
  },
  configReload: {
    address: controlSubject('config.reload'),
    subjects: controlSubject('config.reload'),
    stream: null,
    summary: 'Asks every edge to read its config file again. Each answers when all its workers have it.',
    parameters: {},
    ...plain,
    dataName: 'ConfigReloadRequest',
    data: CONTROL_MESSAGES['config.reload'].request,
    reply: { dataName: 'ConfigReloadReply', data: CONTROL_MESSAGES['config.reload'].reply },
  },
  breakerForce: {
    address: controlSubject('breaker.force'),
    subjects: controlSubject('breaker.force'),
    stream: null,
    summary: 'Asks every edge to hold a breaker open or closed, or to let it go.',
    parameters: {},
    ...plain,
    dataName: 'BreakerForceRequest',
    data: CONTROL_MESSAGES['breaker.force'].request,
    reply: { dataName: 'BreakerForceReply', data: CONTROL_MESSAGES['breaker.force'].reply },
  },
  breakerList: {
    address: controlSubject('breaker.list'),
    subjects: controlSubject('breaker.list'),
    stream: null,
    summary: 'Asks every edge for its breakers.',
    parameters: {},
    ...plain,
    dataName: 'BreakerListRequest',
    data: CONTROL_MESSAGES['breaker.list'].request,
    reply: { dataName: 'BreakerListReply', data: CONTROL_MESSAGES['breaker.list'].reply },
  },
} as const satisfies Record<string, EventChannel>;

/** The schema of each event type that the consumers of the request stream handle. */
export const REQUEST_STREAM_SCHEMAS = new Map([[REQUEST_EVENT_TYPE, requestCompletedSchema]]);
