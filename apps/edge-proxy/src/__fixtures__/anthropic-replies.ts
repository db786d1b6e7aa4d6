// What a provider of Anthropic's dialect says, and requests in that dialect.
import { type CallOptions, chatBody } from './http-client.js';
import { answer, type Reply } from './fake-provider.js';
import { KEY } from './test-generation.js';

export const MESSAGES = '/v1/messages';
export const COUNT_TOKENS = '/v1/messages/count_tokens';

/** A Messages request for the model `m`. */
export const messagesBody = (changes: object = {}): object => chatBody({ max_tokens: 100, ...changes });

/** The headers of Anthropic's own SDK. */
export const MESSAGES_HEADERS = {
  'x-api-key': KEY,
  'content-type': 'application/json',
  'anthropic-version': '2026-10-21',
};

/** A call as Anthropic's SDK makes it. */
export const asMessages = (options: CallOptions = {}): CallOptions => ({
  path: MESSAGES,
  headers: MESSAGES_HEADERS,
  body: messagesBody(),
  ...options,
});

export const MESSAGES_USAGE = {
  input_tokens: 10,
  cache_creation_input_tokens: 3,
  cache_read_input_tokens: 20,
  output_tokens: 4,
};

/** What {@link MESSAGES_USAGE} is in an event: input is all that went in. */
export const MESSAGES_TOKENS = { input: 33, output: 4, cachedInput: 20, cacheWrite: 3 };

/** A whole message as JSON text, spaced as no serialiser of ours would. */
export const messageText = (text: string): string =>
  `{"model" : "upstream-name", "id":"msg_1","type":"message","role":"assistant",\n "content":[{"type":"text","text":${JSON.stringify(text)}}],` +
  `"stop_reason":"end_turn","stop_sequence":null,"usage":${JSON.stringify(MESSAGES_USAGE)}, "container":null}`;

export const message = (text: string): Reply => answer(200, messageText(text), { 'request-id': 'req_theirs' });

/** An error in Anthropic's shape. */
export const messagesRefusal = (status: number, type: string, headers: Record<string, string> = {}): Reply =>
  answer(
    status,
    { type: 'error', error: { type, message: `secret words of a ${status}` }, request_id: 'req_theirs' },
    headers,
  );

/** One event of a stream. */
export const messagesEvent = (type: string, fields: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;

export const MESSAGE_START = messagesEvent('message_start', {
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'upstream-name',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...MESSAGES_USAGE, output_tokens: 1 },
  },
});
export const BLOCK_START = messagesEvent('content_block_start', {
  index: 0,
  content_block: { type: 'text', text: '' },
});
export const PING = messagesEvent('ping');
export const textDelta = (text: string): string =>
  messagesEvent('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
export const MESSAGE_STOP = messagesEvent('message_stop');

/** The events of a whole stream. */
export const messageStream = (...words: string[]): string[] => [
  MESSAGE_START,
  BLOCK_START,
  PING,
  ...words.map(textDelta),
  messagesEvent('content_block_stop', { index: 0 }),
  messagesEvent('message_delta', {
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: MESSAGES_USAGE.output_tokens },
  }),
  MESSAGE_STOP,
];

/** The error of an answer in Anthropic's shape; throws when it is none. */
export function messagesErrorOf(given: { readonly text: string }): {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly requestId: string | null;
} {
  const document = JSON.parse(given.text) as {
    type: string;
    error: { type: string; message: string; code?: string };
    request_id: string | null;
  };
  if (document.type !== 'error') throw new Error('this is no error of Anthropic’s shape');
  return { ...document.error, requestId: document.request_id };
}

/** Names of a stream's events, in order. */
export const eventNames = (text: string): string[] =>
  [...text.matchAll(/^event: (.*)$/gm)].map((match) => match[1] ?? '');
