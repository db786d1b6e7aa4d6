import { namedMap, section } from './leaf.js';
import { flag, oneOf, text, whole } from './values.schema.js';
import { timer } from './duration.schema.js';
import { PROVIDER_FAULTS, PROVIDER_TYPES } from '../gateway-config.js';

// A bearer token travels in a header: visible ASCII, no blanks.
const TOKEN = /^[\x21-\x7e]{1,8192}$/;
const HEADER_VALUE = /^[\x21-\x7e](?:[\x20-\x7e\t]{0,8190}[\x21-\x7e])?$/;

const headerValue = text({
  want: 'a header value of printable ASCII characters',
  example: 'ml',
  check: (value) =>
    HEADER_VALUE.test(value)
      ? undefined
      : 'text with other characters, with blanks around it, or longer than 8 KiB',
});

const quirksSchema = section({
  streamOptions: flag().default(true),
});

/** One entry of `providers`. What depends on several of its fields is in `checks/check-providers.ts`. */
export const providerSchema = section({
  type: oneOf(PROVIDER_TYPES, ' (a kind enters this list together with its adapter)'),
  baseUrl: text({ want: 'the address of the API', example: '"https://api.openai.com/v1"' }).optional(),
  apiKey: text({
    want: 'a key of visible ASCII characters',
    example: '"${OPENAI_API_KEY}"',
    check: (value) => (TOKEN.test(value) ? undefined : 'text with blanks or other characters'),
  }).optional(),
  allowPrivateNetwork: flag().default(false),
  maxConcurrency: whole({ min: 1, example: 4 }).optional(),
  queueTimeout: timer('2s', { zero: true }).optional(),
  headers: namedMap(headerValue).default({}),
  sendAttemptId: flag().default(false),
  faults: namedMap(oneOf(PROVIDER_FAULTS)).default({}),
  quirks: quirksSchema.optional(),
});

export const providersSchema = namedMap(providerSchema);
