// The contracts of events -> an AsyncAPI 3.0 document. Pure: same contracts, same text.
import {
  cloudEventSchema,
  EVENT_CHANNELS,
  type EventChannel,
  REQUEST_BATCH_MAX_EVENTS,
} from '@sluice/contracts';
import { stringify } from 'yaml';
import { z } from 'zod';

/** A JSON value that is written as YAML. */
type Json = Readonly<Record<string, unknown>>;

const HEAD = `# Made from libs/contracts/src/events by \`npm run asyncapi\`; a test compares. Do not edit.\n`;
const DESCRIPTION =
  'What Sluice says on NATS, for any client that may read `sluice.v1.>`. Events are CloudEvents 1.0. They may come more than once ' +
  'and out of order: the key is the event id. Fields are added, never renamed or removed; ignore those that you do not know.';
const CLOUD_EVENT = 'CloudEvent';

/** The document as YAML text. */
export const toAsyncapiText = (): string =>
  HEAD + stringify(toAsyncapi(), { lineWidth: 120, aliasDuplicateObjects: false });

/** The document. */
export function toAsyncapi(channels: Readonly<Record<string, EventChannel>> = EVENT_CHANNELS): Json {
  const rows = Object.entries(channels);
  const from = (toPart: (name: string, channel: EventChannel) => Json): Json =>
    Object.fromEntries(rows.map(([name, channel]) => [name, toPart(name, channel)]));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Sluice events',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: from(toChannel),
    operations: from(toOperation),
    components: {
      messages: Object.fromEntries(
        rows.flatMap(([name, channel]) => [
          [name, toMessage(name, channel)],
          ...(channel.reply === undefined ? [] : [[toReplyName(name), toReplyMessage(name, channel.reply)]]),
        ]),
      ) as Json,
      schemas: {
        [CLOUD_EVENT]: toSchema(cloudEventSchema),
        ...Object.fromEntries(
          rows
            .flatMap(([, { dataName, data, reply }]) => [
              { dataName, data },
              ...(reply === undefined ? [] : [reply]),
            ])
            .map(({ dataName, data }) => [dataName, toSchema(data)]),
        ),
      },
    },
  };
}

const toReplyName = (name: string): string => `${name}Reply`;

/** What Sluice says it sends; what it can be asked, by whoever may publish there, it receives and answers. */
function toOperation(name: string, { reply }: EventChannel): Json {
  const channel = { $ref: `#/channels/${name}` };
  const messages = [{ $ref: `#/channels/${name}/messages/${name}` }];
  if (reply === undefined) return { action: 'send', channel, messages };
  return {
    action: 'receive',
    channel,
    messages,
    reply: {
      address: { location: '$message.header#/reply', description: "The NATS message's reply subject." },
      channel,
      messages: [{ $ref: `#/channels/${name}/messages/${toReplyName(name)}` }],
    },
  };
}

function toChannel(name: string, channel: EventChannel): Json {
  const { address, subjects, stream, summary, parameters, reply } = channel;
  const named = Object.entries(parameters).map(([parameter, { description, values }]) => [
    parameter,
    { description, ...(values === undefined ? {} : { enum: [...values] }) },
  ]);
  return {
    address,
    summary,
    ...(named.length === 0 ? {} : { parameters: Object.fromEntries(named) as Json }),
    messages: Object.fromEntries(
      [name, ...(reply === undefined ? [] : [toReplyName(name)])].map((message) => [
        message,
        { $ref: `#/components/messages/${message}` },
      ]),
    ),
    'x-nats-subjects': subjects,
    ...(stream === null ? {} : { 'x-jetstream-stream': stream }),
  };
}

function toMessage(
  name: string,
  { summary, contentType, envelope, eventType, dataName }: EventChannel,
): Json {
  const data = { $ref: `#/components/schemas/${dataName}` };
  const event = {
    allOf: [
      { $ref: `#/components/schemas/${CLOUD_EVENT}` },
      { type: 'object', properties: { type: { const: eventType }, data }, required: ['type', 'data'] },
    ],
  };
  const payloads = {
    plain: data,
    event,
    batch: { type: 'array', minItems: 1, maxItems: REQUEST_BATCH_MAX_EVENTS, items: event },
  };
  return { name, title: dataName, summary, contentType, payload: payloads[envelope] };
}

const toReplyMessage = (name: string, { dataName }: NonNullable<EventChannel['reply']>): Json => ({
  name: toReplyName(name),
  title: dataName,
  summary: 'What one edge answers.',
  contentType: 'application/json',
  payload: { $ref: `#/components/schemas/${dataName}` },
});

/** As a reader sees it: unknown fields are allowed. */
function toSchema(schema: z.ZodType): Json {
  const made = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    override: ({ jsonSchema }) => {
      // The format says it; the pattern is a page long.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
    },
  });
  delete made.$schema;
  return made;
}
