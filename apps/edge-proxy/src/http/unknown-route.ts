import type { IncomingMessage } from 'node:http';
import type { OwnError } from './own-error.js';

const KNOWN =
  'POST /v1/chat/completions, POST /v1/embeddings, POST /v1/messages, POST /v1/messages/count_tokens, GET /v1/models';
const MAX_SHOWN_CHARS = 128;
const MODELS = /^\/v1\/models(?:\/|$)/;

/** The answer to what no handler takes: a known path with another method, or nobody's path. */
export function unknownRoute(request: IncomingMessage): OwnError {
  const { method = '', url = '' } = request;
  const path = url.split('?', 1)[0] ?? '';
  if (MODELS.test(path) && method !== 'GET' && method !== 'HEAD') {
    return {
      code: 'method_not_allowed',
      message: `This endpoint takes GET, not ${method}.`,
      headers: [['allow', 'GET, HEAD']],
    };
  }
  const shown = JSON.stringify(path.slice(0, MAX_SHOWN_CHARS));
  return {
    code: 'unknown_route',
    message: `There is no ${method} ${shown} here. This gateway serves ${KNOWN}.`,
  };
}
