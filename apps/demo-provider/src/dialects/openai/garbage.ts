import type { GarbageKind } from '../../faults/fault.js';
import type { Exchange } from '../../http/exchange.js';

const JSON_TYPE = 'application/json';
const SSE_TYPE = 'text/event-stream; charset=utf-8';
const CHUNK_HEAD = '{"id":"chatcmpl-garbage","object":"chat.completion.chunk","created":0,"model":"demo"';
const ANSWER_HEAD = '{"id":"chatcmpl-garbage","object":"chat.completion","created":0,"model":"demo"';
/** 0xC3 begins a character of two bytes, and "(" cannot end one; 0xFF is never UTF-8. */
const INVALID_UTF8 = Buffer.from([0xc3, 0x28, 0xff]);

/** Answers 200 with bytes that no client should take for an answer. */
export function answerGarbage(exchange: Exchange, kind: GarbageKind): void {
  exchange.breakAnswer();
  const { stream } = exchange.serving;
  if (kind === 'sse') {
    send(exchange, SSE_TYPE, brokenSse());
    return;
  }
  if (kind === 'html') {
    exchange.answer(
      200,
      'text/html; charset=utf-8',
      '<!doctype html><title>Sign in</title><h1>Please sign in</h1>',
    );
    return;
  }
  if (kind === 'empty') {
    exchange.answer(200, stream ? SSE_TYPE : JSON_TYPE, '');
    return;
  }
  if (stream) send(exchange, SSE_TYPE, streamOf(kind));
  else exchange.answer(200, JSON_TYPE, bodyOf(kind));
}

function send(exchange: Exchange, contentType: string, body: string | Buffer): void {
  exchange.head(200, contentType);
  exchange.write(body);
  exchange.end();
}

function bodyOf(kind: 'json' | 'utf8' | 'truncated'): string | Buffer {
  switch (kind) {
    case 'json':
      return 'upstream connect error or disconnect/reset before headers';
    case 'truncated':
      return `${ANSWER_HEAD},"choices":[{"index":0,"message":{"role":"assistant","content":"half a`;
    case 'utf8':
      return Buffer.concat([
        Buffer.from(`${ANSWER_HEAD},"choices":[{"index":0,"message":{"role":"assistant","content":"`),
        INVALID_UTF8,
        Buffer.from(
          '"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}',
        ),
      ]);
  }
}

function streamOf(kind: 'json' | 'utf8' | 'truncated'): string | Buffer {
  switch (kind) {
    case 'json':
      return 'data: {"choices":[{"index":0,"delta":{"content":oops}}]}\n\ndata: [DONE]\n\n';
    case 'truncated':
      return `data: ${CHUNK_HEAD},"choices":[{"index":0,"delta":{"content":"half a`;
    case 'utf8':
      return Buffer.concat([
        Buffer.from(`data: ${CHUNK_HEAD},"choices":[{"index":0,"delta":{"content":"`),
        INVALID_UTF8,
        Buffer.from(
          `"},"finish_reason":null}]}\n\ndata: ${CHUNK_HEAD},"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`,
        ),
      ]);
  }
}

/** No blank lines, no field names, an unknown field, a stray carriage return. */
const brokenSse = (): string =>
  `${CHUNK_HEAD},"choices":[]}\ndat a: {}\r: data\ndata {"choices":[]}\ndata: ${CHUNK_HEAD}\n`;
