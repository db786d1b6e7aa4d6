import type { Exchange } from '../http/exchange.js';
import type { GarbageKind } from './fault.js';

/** The pieces of a dialect that answers are broken with: text stands between `before` and `after`. */
export interface GarbageTexts {
  readonly answer: { readonly before: string; readonly after: string };
  readonly stream: { readonly before: string; readonly after: string };
  /** An event whose data is not JSON, and what ends a stream. */
  readonly badEvent: string;
  /** No blank lines, no field names, an unknown field, a stray carriage return. */
  readonly brokenSse: string;
}

const JSON_TYPE = 'application/json';
const SSE_TYPE = 'text/event-stream; charset=utf-8';
/** 0xC3 begins a character of two bytes, and "(" cannot end one; 0xFF is never UTF-8. */
const INVALID_UTF8 = Buffer.from([0xc3, 0x28, 0xff]);

/** Answers 200 with bytes that no client should take for an answer. */
export function answerGarbage(exchange: Exchange, kind: GarbageKind): void {
  exchange.breakAnswer();
  const { stream } = exchange.serving;
  const texts = exchange.dialect.garbage;
  if (kind === 'sse') {
    send(exchange, SSE_TYPE, texts.brokenSse);
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
  if (stream) send(exchange, SSE_TYPE, kind === 'json' ? texts.badEvent : broken(kind, texts.stream));
  else exchange.answer(200, JSON_TYPE, kind === 'json' ? NOT_JSON : broken(kind, texts.answer));
}

const NOT_JSON = 'upstream connect error or disconnect/reset before headers';

function broken(kind: 'utf8' | 'truncated', { before, after }: GarbageTexts['answer']): string | Buffer {
  if (kind === 'truncated') return `${before}half a`;
  return Buffer.concat([Buffer.from(before), INVALID_UTF8, Buffer.from(after)]);
}

function send(exchange: Exchange, contentType: string, body: string | Buffer): void {
  exchange.head(200, contentType);
  exchange.write(body);
  exchange.end();
}
