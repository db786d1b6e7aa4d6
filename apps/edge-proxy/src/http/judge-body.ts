// The bytes judged are the bytes forwarded: one strict pass finds what the gateway has to know, and
// refuses what two parsers could read differently.
import { GatewayError } from '@sluice/contracts';
import {
  asRecord,
  type ClientDialect,
  type Endpoint,
  ENDPOINT_DIALECTS,
  JsonProblem,
  type JsonSpans,
  parseJson,
  type RequestBody,
  REQUEST_RULES,
  scanJson,
  type Span,
  WantedKeys,
} from '@sluice/providers';

/** The judged keys of each dialect. Both begin with the same two. */
const KEYS: Readonly<Record<ClientDialect, WantedKeys>> = {
  chat: new WantedKeys([
    'model',
    'stream',
    'stream_options',
    'user',
    'encoding_format',
    'n',
    'max_completion_tokens',
    'max_tokens',
  ]),
  messages: new WantedKeys(['model', 'stream', 'metadata', 'max_tokens']),
};
const [MODEL, STREAM] = [0, 1] as const;
const [STREAM_OPTIONS, USER, ENCODING_FORMAT, CHOICES, MAX_COMPLETION_TOKENS, MAX_TOKENS] = [
  2, 3, 4, 5, 6, 7,
] as const;
const [METADATA, MESSAGES_MAX_TOKENS] = [2, 3] as const;
/** A label in events; longer ones are cut. */
const MAX_USER_CHARS = 256;

/** A body that passed the strict pass; its model is known, the rest is judged by {@link judgeFields}. */
export interface ScannedBody {
  readonly bytes: Buffer;
  readonly spans: JsonSpans;
  readonly model: string;
}

/** A body whose judged fields are all of the right kind. */
export interface JudgedBody {
  readonly body: RequestBody;
  readonly user: string | null;
  /** The most tokens that the client lets an answer have; null when it sets no bound, or none that is a number. */
  readonly maxTokens: number | null;
}

/**
 * The strict pass, and the model.
 * @throws GatewayError `invalid_json`, or `invalid_request` for the model and for disguised keys
 */
export function scanBody(bytes: Buffer, dialect: ClientDialect): ScannedBody {
  const spans = scan(bytes, KEYS[dialect]);
  if (!spans.has(MODEL)) {
    const message =
      'The field "model" is missing. Name a model; GET /v1/models lists the ones that this key may use.';
    throw new GatewayError('invalid_request', { param: 'model', message });
  }
  const model = valueAt(bytes, spans, MODEL);
  if (typeof model !== 'string') throw wrongKind('model', 'a string', model);
  return { bytes, spans, model };
}

/**
 * The other fields that the gateway itself acts on. What only the provider reads is the provider's to judge.
 * @throws GatewayError `invalid_request`
 */
export function judgeFields(scanned: ScannedBody, endpoint: Endpoint): JudgedBody {
  return ENDPOINT_DIALECTS[endpoint] === 'chat'
    ? judgeChat(scanned, endpoint)
    : judgeMessages(scanned, endpoint);
}

function judgeChat(scanned: ScannedBody, endpoint: Endpoint): JudgedBody {
  const { bytes, spans } = scanned;
  const read = (key: number): unknown => (spans.has(key) ? valueAt(bytes, spans, key) : null);
  const stream = readStream(scanned);
  const options = read(STREAM_OPTIONS);
  if (options !== null && asRecord(options) === null) throw wrongKind('stream_options', 'an object', options);
  const user = read(USER);
  const choices = read(CHOICES);
  const body: RequestBody = {
    bytes,
    endpoint,
    stream: stream && endpoint === 'chat.completions',
    includeUsage: asRecord(options)?.['include_usage'] === true,
    base64: read(ENCODING_FORMAT) === 'base64',
    choices: typeof choices === 'number' ? choices : 1,
    spans: {
      model: spanOf(spans, MODEL),
      streamOptions: spans.has(STREAM_OPTIONS) ? spanOf(spans, STREAM_OPTIONS) : null,
      rootStart: spans.rootStart,
    },
  };
  return { body, user: toUser(user), maxTokens: toCount(read(MAX_COMPLETION_TOKENS) ?? read(MAX_TOKENS)) };
}

function judgeMessages(scanned: ScannedBody, endpoint: Endpoint): JudgedBody {
  const { bytes, spans } = scanned;
  const stream = readStream(scanned);
  const body: RequestBody = {
    bytes,
    endpoint,
    stream: stream && endpoint === 'messages',
    // Its dialect has no say in usage, encodings and the number of answers.
    includeUsage: false,
    base64: false,
    choices: 1,
    spans: { model: spanOf(spans, MODEL), streamOptions: null, rootStart: spans.rootStart },
  };
  const metadata = spans.has(METADATA) ? asRecord(valueAt(bytes, spans, METADATA)) : null;
  const maxTokens = spans.has(MESSAGES_MAX_TOKENS) ? valueAt(bytes, spans, MESSAGES_MAX_TOKENS) : null;
  return { body, user: toUser(metadata?.['user_id']), maxTokens: toCount(maxTokens) };
}

/** @throws GatewayError `invalid_request` */
function readStream({ bytes, spans }: ScannedBody): boolean {
  const stream = spans.has(STREAM) ? valueAt(bytes, spans, STREAM) : null;
  if (stream !== null && typeof stream !== 'boolean') throw wrongKind('stream', 'true or false', stream);
  return stream === true;
}

const toUser = (user: unknown): string | null =>
  typeof user === 'string' ? user.slice(0, MAX_USER_CHARS) : null;

const toCount = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null;

function scan(bytes: Buffer, keys: WantedKeys): JsonSpans {
  try {
    return scanJson(bytes, keys, REQUEST_RULES);
  } catch (error) {
    if (!(error instanceof JsonProblem)) throw error;
    const code = error.kind === 'disguised' ? 'invalid_request' : 'invalid_json';
    throw new GatewayError(code, { message: `The body cannot be taken: ${error.message}.`, cause: error });
  }
}

const spanOf = (spans: JsonSpans, key: number): Span => ({ start: spans.start(key), end: spans.end(key) });

const QUOTE = 0x22;

/** The value of a span, which was scanned as valid JSON; the short common forms are read without a parser. */
function valueAt(bytes: Buffer, spans: JsonSpans, key: number): unknown {
  const start = spans.start(key);
  const end = spans.end(key);
  const text = bytes.toString('utf8', start, end);
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (bytes[start] === QUOTE && !text.includes('\\')) return text.slice(1, -1);
  return parseJson(text);
}

function wrongKind(field: string, wanted: string, value: unknown): GatewayError {
  return new GatewayError('invalid_request', {
    param: field,
    message: `The field "${field}" must be ${wanted}, not ${kindOf(value)}.`,
  });
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
