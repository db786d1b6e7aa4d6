import type { GarbageTexts } from '../../faults/answer-garbage.js';
import type { Dialect } from '../../http/dialect.js';
import type { OpenAiError } from '../../http/openai-error.js';

/** What an error says where its words differ from OpenAI's, by OpenAI's code. */
const BY_CODE: Readonly<Record<string, Partial<OpenAiError>>> = {
  insufficient_quota: {
    // Documented as 402; what it answers to an empty account is this.
    status: 400,
    message: 'Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.',
  },
  context_length_exceeded: { message: 'prompt is too long: 8193 tokens > 8192 maximum' },
  content_filter: { message: 'Output blocked by content filtering policy' },
  invalid_api_key: { message: 'invalid x-api-key' },
  rate_limit_exceeded: {
    message: "This request would exceed your account's rate limit. Please try again later.",
  },
  overloaded: { message: 'Overloaded' },
};

const TYPES: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  409: 'conflict_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

const MESSAGE = '"id":"msg_garbage","type":"message","role":"assistant","model":"demo","stop_sequence":null';
const START =
  `event: message_start\ndata: {"type":"message_start","message":{${MESSAGE},"content":[],"stop_reason":null,` +
  '"usage":{"input_tokens":1,"output_tokens":0}}}\n\nevent: content_block_start\ndata: ' +
  '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\nevent: content_block_delta\ndata: ';
const STOP =
  'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\nevent: message_delta\ndata: ' +
  '{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1}}\n\n' +
  'event: message_stop\ndata: {"type":"message_stop"}\n\n';
const DELTA = '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":';

const garbage: GarbageTexts = {
  answer: {
    before: `{${MESSAGE},"content":[{"type":"text","text":"`,
    after: '"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":1}}',
  },
  stream: { before: `${START}${DELTA}"`, after: `"}}\n\n${STOP}` },
  badEvent: `${START}${DELTA}oops}}\n\n${STOP}`,
  brokenSse: `event message_start\n${DELTA}"a"}}\ndat a: {}\r: data\nevent: message_stop\n`,
};

/** Anthropic's way to refuse. */
export const anthropicDialect: Dialect = {
  requestIdHeader: 'request-id',
  toErrorAnswer: (error, requestId) => {
    const { status, message } = { ...error, ...BY_CODE[error.code ?? ''] };
    const type = toErrorType(status);
    const mayRetry = status === 408 || status === 409 || status === 429 || status >= 500;
    return {
      status,
      headers: { 'x-should-retry': String(mayRetry) },
      body: JSON.stringify({ type: 'error', error: { type, message }, request_id: requestId }),
    };
  },
  garbage,
};

/** Inside a stream the status is spent: the type says what went wrong. */
export const errorEvent = (): string =>
  'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n';

const toErrorType = (status: number): string =>
  TYPES[status] ?? (status >= 500 ? 'api_error' : 'invalid_request_error');
