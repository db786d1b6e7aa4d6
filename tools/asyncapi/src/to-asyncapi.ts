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
    operations: from((name) => ({
      action: 'send',
      channel: { $ref: `#/channels/${name}` },
      messages: [{ $ref: `#/channels/${name}/messages/${name}` }],
    })),
    components: {
      messages: from(toMessage),
      schemas: {
        [CLOUD_EVENT]: toSchema(cloudEventSchema),
        ...Object.fromEntries(rows.map(([, channel]) => [channel.dataName, toSchema(channel.data)])),
      },
    },
  };
}

function toChannel(name: string, { address, subjects, stream, summary, parameters }: EventChannel): Json {
  const named = Object.entries(parameters).map(([parameter, { description, values }]) => [
    parameter,
    { description, ...(values === undefined ? {} : { enum: [...values] }) },
  ]);
  return {
    address,
    summary,
    ...(named.length === 0 ? {} : { parameters: Object.fromEntries(named) as Json }),
    messages: { [name]: { $ref: `#/components/messages/${name}` } },
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
