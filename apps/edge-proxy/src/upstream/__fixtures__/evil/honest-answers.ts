// What a provider says that means well: the ground from which hostile answers are made.
import { messageStream, messageText } from '../../../__fixtures__/anthropic-replies.js';
import { chunk, wholeStream } from '../../../__fixtures__/fake-provider.js';
import type { Ask } from './evil-case.js';

const COMPLETION = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'upstream-name',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Grüße 😀' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 },
});

const TOOL_CALL = chunk({
  tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
});

/** The body of a good answer. */
export function honestBody({ provider, stream }: Ask): Buffer {
  if (!stream) return Buffer.from(provider === 'openai' ? COMPLETION : messageText('Grüße 😀'));
  return Buffer.from(honestEvents({ provider }).join(''));
}

/** The events of a good stream. */
export function honestEvents({ provider }: Pick<Ask, 'provider'>): readonly string[] {
  if (provider === 'anthropic') return messageStream('Grüße ', '😀', ' and more');
  const [role = '', ...rest] = wholeStream('Grüße ', '😀', ' and more');
  return [role, ...rest.slice(0, 2), TOOL_CALL, ...rest.slice(2)];
}

/** Up to and with the first content, and nothing more. */
export function honestStart(ask: Pick<Ask, 'provider'>): Buffer {
  return Buffer.from(
    honestEvents(ask)
      .slice(0, ask.provider === 'openai' ? 2 : 4)
      .join(''),
  );
}

export const typeOf = ({ stream }: Pick<Ask, 'stream'>): string =>
  stream ? 'text/event-stream' : 'application/json';

/** A head of status 200 with these lines, each with its line end. */
export const head = (ask: Pick<Ask, 'stream'>, lines = ''): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: ${typeOf(ask)}\r\n${lines}\r\n`;

/** Chunked. */
export const chunked = (...parts: readonly (Buffer | string)[]): Buffer =>
  Buffer.concat(
    parts
      .map((part) => (typeof part === 'string' ? Buffer.from(part) : part))
      .flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]),
  );

export const LAST_CHUNK = '0\r\n\r\n';
export const CHUNKED = 'transfer-encoding: chunked\r\n';

/** A whole good answer, head and all. */
export const honestAnswer = (ask: Ask): Buffer =>
  ask.stream
    ? Buffer.concat([Buffer.from(head(ask, CHUNKED)), chunked(...honestEvents(ask)), Buffer.from(LAST_CHUNK)])
    : withLength(ask, honestBody(ask));

export const withLength = (ask: Pick<Ask, 'stream'>, body: Buffer | string, status = '200 OK'): Buffer => {
  const bytes = Buffer.from(body);
  const lines = `HTTP/1.1 ${status}\r\ncontent-type: ${typeOf(ask)}\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(lines), bytes]);
};
