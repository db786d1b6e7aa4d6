// The same bytes for every target: what the client sends and what the provider answers.

/** Key that the gateway's config and the load generator share. Only ever used on loopback. */
export const BENCH_KEY = 'bench-key-0123456789abcdef0123456789abcdef';
/** The two dialects, of clients and of providers. */
export type Dialect = 'chat' | 'messages';
/** Where each dialect is spoken, here and there. */
export const PATHS: Readonly<Record<Dialect, string>> = {
  chat: '/v1/chat/completions',
  messages: '/v1/messages',
};
/** Model as clients ask for it, by the dialect of its provider. */
export const CLIENT_MODELS: Readonly<Record<Dialect, string>> = { chat: 'fast', messages: 'fast-claude' };
/** Model as the provider names it, by the provider's dialect. */
export const PROVIDER_MODELS: Readonly<Record<Dialect, string>> = {
  chat: 'bench-model-2026-01-01',
  messages: 'claude-bench-4-5-20260101',
};

const SENTENCE =
  'Explain how a message broker keeps ordering guarantees when "consumers" fail; be concise.\n';

/** What a load asks for. */
export interface RequestKind {
  readonly client: Dialect;
  readonly provider: Dialect;
  readonly stream: boolean;
}

/** A request body of about `bytes` bytes. */
export function makeRequestBody(bytes: number, { client, provider, stream }: RequestKind): string {
  const isChat = client === 'chat';
  const base = {
    model: CLIENT_MODELS[provider],
    ...(stream ? { stream: true } : {}),
    ...(stream && isChat ? { stream_options: { include_usage: true } } : {}),
    temperature: 0.7,
    max_tokens: 512,
    ...(isChat ? { user: 'user-42' } : { metadata: { user_id: 'user-42' } }),
    messages: [{ role: 'user', content: '' }],
  };
  const left = Math.max(0, bytes - JSON.stringify(base).length);
  const content = SENTENCE.repeat(Math.ceil(left / SENTENCE.length)).slice(0, left);
  return JSON.stringify({ ...base, messages: [{ role: 'user', content }] });
}

const ANSWERS: Readonly<Record<Dialect, () => string>> = { chat: chatAnswer, messages: messagesAnswer };
const STREAMS: Readonly<Record<Dialect, (count: number) => string[]>> = {
  chat: chatEvents,
  messages: messagesEvents,
};

/** A whole answer of about 1 KB. */
export const makeAnswer = (provider: Dialect): string => ANSWERS[provider]();

/** The events of a stream: `count` with content, and what the dialect has around them. */
export const makeStreamEvents = (provider: Dialect, count: number): string[] => STREAMS[provider](count);

function chatAnswer(): string {
  return JSON.stringify({
    id: 'chatcmpl-bench000000000000000001',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: PROVIDER_MODELS.chat,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: SENTENCE.repeat(6), refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 212, completion_tokens: 130, total_tokens: 342 },
  });
}

function messagesAnswer(): string {
  return JSON.stringify({
    id: 'msg_bench000000000000000001',
    type: 'message',
    role: 'assistant',
    model: PROVIDER_MODELS.messages,
    content: [{ type: 'text', text: SENTENCE.repeat(6) }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: {
      input_tokens: 212,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: 130,
    },
  });
}

function chatEvents(count: number): string[] {
  const chunk = (choices: readonly object[], usage: object | null): string =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-bench000000000000000001',
      object: 'chat.completion.chunk',
      created: 1_760_000_000,
      model: PROVIDER_MODELS.chat,
      choices,
      usage,
    })}\n\n`;
  const delta = (content: string, finish: string | null): object[] => [
    { index: 0, delta: { content }, logprobs: null, finish_reason: finish },
  ];
  return [
    ...Array.from({ length: count }, (_, index) => chunk(delta(` token${index}`, null), null)),
    chunk(delta('', 'stop'), null),
    chunk([], { prompt_tokens: 212, completion_tokens: count, total_tokens: 212 + count }),
    'data: [DONE]\n\n',
  ];
}

function messagesEvents(count: number): string[] {
  const event = (type: string, fields: object): string =>
    `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
  const usage = { input_tokens: 212, cache_creation_input_tokens: 0, cache_read_input_tokens: 0 };
  const message = {
    id: 'msg_bench000000000000000001',
    type: 'message',
    role: 'assistant',
    model: PROVIDER_MODELS.messages,
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { ...usage, output_tokens: 1 },
  };
  return [
    event('message_start', { message }),
    event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
    ...Array.from({ length: count }, (_, index) =>
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: ` token${index}` } }),
    ),
    event('content_block_stop', { index: 0 }),
    event('message_delta', {
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { ...usage, output_tokens: count },
    }),
    event('message_stop', {}),
  ];
}
