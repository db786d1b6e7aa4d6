// The same bytes for every target: what the client sends and what the provider answers.

/** Key that the gateway's config and the load generator share. Only ever used on loopback. */
export const BENCH_KEY = 'bench-key-0123456789abcdef0123456789abcdef';
/** Path of every call. */
export const CHAT_PATH = '/v1/chat/completions';
/** Model as clients ask for it, and as the provider names it. */
export const CLIENT_MODEL = 'fast';
export const PROVIDER_MODEL = 'bench-model-2026-01-01';

const SENTENCE =
  'Explain how a message broker keeps ordering guarantees when "consumers" fail; be concise.\n';

/** A request body of about `bytes` bytes. */
export function makeRequestBody(bytes: number, stream: boolean): string {
  const base = {
    model: CLIENT_MODEL,
    ...(stream ? { stream: true, stream_options: { include_usage: true } } : {}),
    temperature: 0.7,
    max_tokens: 512,
    user: 'user-42',
    messages: [{ role: 'user', content: '' }],
  };
  const left = Math.max(0, bytes - JSON.stringify(base).length);
  const content = SENTENCE.repeat(Math.ceil(left / SENTENCE.length)).slice(0, left);
  return JSON.stringify({ ...base, messages: [{ role: 'user', content }] });
}

/** A whole answer of about 1 KB. */
export function makeAnswer(): string {
  return JSON.stringify({
    id: 'chatcmpl-bench000000000000000001',
    object: 'chat.completion',
    created: 1_760_000_000,
    model: PROVIDER_MODEL,
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

/** The events of a stream: `count` with content, then the finish, the usage and the marker. */
export function makeStreamEvents(count: number): string[] {
  const chunk = (choices: readonly object[], usage: object | null): string =>
    `data: ${JSON.stringify({
      id: 'chatcmpl-bench000000000000000001',
      object: 'chat.completion.chunk',
      created: 1_760_000_000,
      model: PROVIDER_MODEL,
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
