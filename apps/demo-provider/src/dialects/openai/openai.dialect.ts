import type { GarbageTexts } from '../../faults/answer-garbage.js';
import type { Dialect } from '../../http/dialect.js';
import { toErrorBody } from '../../http/openai-error.js';

const CHUNK = '{"id":"chatcmpl-garbage","object":"chat.completion.chunk","created":0,"model":"demo"';
const ANSWER = '{"id":"chatcmpl-garbage","object":"chat.completion","created":0,"model":"demo"';

const garbage: GarbageTexts = {
  answer: {
    before: `${ANSWER},"choices":[{"index":0,"message":{"role":"assistant","content":"`,
    after: '"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}',
  },
  stream: {
    before: `data: ${CHUNK},"choices":[{"index":0,"delta":{"content":"`,
    after: `"},"finish_reason":null}]}\n\ndata: ${CHUNK},"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`,
  },
  badEvent: 'data: {"choices":[{"index":0,"delta":{"content":oops}}]}\n\ndata: [DONE]\n\n',
  brokenSse: `${CHUNK},"choices":[]}\ndat a: {}\r: data\ndata {"choices":[]}\ndata: ${CHUNK}\n`,
};

/** OpenAI's way to refuse. */
export const openAiDialect: Dialect = {
  requestIdHeader: 'x-request-id',
  toErrorAnswer: (error) => ({ status: error.status, headers: {}, body: toErrorBody(error) }),
  garbage,
};
