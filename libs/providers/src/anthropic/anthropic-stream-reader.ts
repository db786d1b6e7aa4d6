// Anthropic's events as OpenAI's chunks: one pass, each event parsed once, each chunk written by hand around
// a prefix that never changes.
import type { TokenCounts } from '@sluice/contracts';
import type { StreamContext, StreamEnd, StreamReader } from '../provider-adapter.js';
import { asRecord, asText } from '../wire/read-unknown.js';
import { toFinishReason } from '../translate/finish-reason.js';
import { parseLatin1Json, quoteLatin1, toLatin1 } from '../translate/latin1-json.js';
import type { UnknownRecord } from '../translate/read-request.js';
import { type SseEvent, SseEvents } from '../translate/sse-events.js';
import { toChatUsage } from '../translate/token-usage.js';
import { toAnswerId } from '../translate/answer-id.js';
import { AnthropicUsage } from './anthropic-usage.js';
import { type OpenBlock, openBlock } from './open-block.js';
import { readAnthropicErrorEvent } from './read-anthropic-failure.js';

type Fatal = Exclude<StreamEnd, { kind: 'complete' }>;

export class AnthropicStreamReader implements StreamReader {
  readonly #context: StreamContext;
  readonly #events = new SseEvents();
  readonly #usage = new AnthropicUsage();
  /** Everything of a chunk before its delta. */
  #prefix = '';
  #block: OpenBlock | null = null;
  /** Tool calls so far: OpenAI counts them apart from other blocks. */
  #calls = 0;
  #details = 0;
  #contentLength = 0;
  #stopReason = '';
  #fatal: Fatal | null = null;
  isDone = false;
  hasContent = false;
  contentEvents = 0;

  constructor(context: StreamContext) {
    this.#context = context;
  }

  get fatal(): Fatal | null {
    return this.#fatal;
  }

  push(chunk: Buffer): string {
    if (this.isDone || this.#fatal !== null) return '';
    this.#events.push(chunk);
    if (this.#events.problem !== null) return this.#break(this.#events.problem);
    let out = '';
    for (let event = this.#events.next(); event !== null; event = this.#events.next()) {
      out += this.#read(event);
      if (this.#isOver()) break;
    }
    return out;
  }

  end(): StreamEnd {
    let tail = '';
    const rest = this.#isOver() ? null : this.#events.rest();
    if (rest !== null) {
      if (parseLatin1Json(rest.data) === undefined) this.#break('the stream ended inside an event');
      else tail = this.#read(rest);
    }
    if (this.#fatal !== null) return this.#fatal;
    if (this.isDone) return { kind: 'complete', tail };
    return { kind: 'broken', reason: 'the stream ended before its terminal event' };
  }

  get isUsageFinal(): boolean {
    return this.#usage.isFinal;
  }

  tokens(): TokenCounts | null {
    return this.#usage.toTokens();
  }

  #isOver(): boolean {
    return this.isDone || this.#fatal !== null;
  }

  #break(reason: string): string {
    this.#fatal = { kind: 'broken', reason };
    return '';
  }

  #read(event: SseEvent): string {
    const document = asRecord(parseLatin1Json(event.data));
    if (document === null) return this.#break('an event of the stream is not a JSON object');
    const type = document['type'] ?? event.name;
    switch (type) {
      case 'message_start':
        return this.#onMessageStart(asRecord(document['message']) ?? {});
      case 'content_block_start':
        return this.#begin(null) + this.#onBlockStart(asRecord(document['content_block']) ?? {});
      case 'content_block_delta':
        return this.#onBlockDelta(asRecord(document['delta']) ?? {});
      case 'content_block_stop':
        return this.#closeBlock();
      case 'message_delta':
        return this.#onMessageDelta(document);
      case 'message_stop':
        return this.#onMessageStop();
      default:
        return this.#onOther(type, document);
    }
  }

  /** Pings and events that nobody knows yet are dropped, errors end the stream. */
  #onOther(type: unknown, document: UnknownRecord): string {
    const failure = type === 'error' || 'error' in document ? readAnthropicErrorEvent(document) : null;
    if (failure !== null) this.#fatal = { kind: 'failure', failure };
    return '';
  }

  #onMessageStart(message: UnknownRecord): string {
    this.#usage.merge(message['usage']);
    return this.#begin(message['id']);
  }

  /** The role, once, whatever event comes first. */
  #begin(id: unknown): string {
    if (this.#prefix !== '') return '';
    const context = this.#context;
    const head = JSON.stringify({
      id: toAnswerId('chatcmpl-', id, context),
      object: 'chat.completion.chunk',
      created: context.createdSeconds,
      model: context.model,
    });
    this.#prefix = `data: ${toLatin1(head.slice(0, -1))},`;
    return this.#delta('{"role":"assistant","content":""}');
  }

  #onBlockStart(content: UnknownRecord): string {
    // A block that was never closed is closed by the next.
    const before = this.#closeBlock();
    this.#block = openBlock(content, {
      answerId: this.#context.answerId,
      call: this.#calls,
      detail: this.#details,
      start: this.#contentLength,
    });
    if (this.#block.kind === 'call') this.#calls += 1;
    if (this.#block.kind === 'thinking' || this.#block.kind === 'redacted') this.#details += 1;
    return before + this.#emit(this.#block.open());
  }

  #onBlockDelta(delta: UnknownRecord): string {
    return this.#block === null ? '' : this.#emit(this.#block.add(delta));
  }

  #closeBlock(): string {
    const block = this.#block;
    if (block === null) return '';
    this.#block = null;
    const out = this.#emit(block.close());
    this.#contentLength = block.end;
    return out;
  }

  #onMessageDelta(document: UnknownRecord): string {
    this.#usage.finish(document['usage']);
    const delta = asRecord(document['delta']) ?? {};
    this.#stopReason = asText(delta['stop_reason']) || this.#stopReason;
    const refusal = asRecord(delta['stop_details'])?.['explanation'];
    if (this.#stopReason !== 'refusal' || typeof refusal !== 'string') return '';
    return this.#begin(null) + this.#delta(`{"refusal":${quoteLatin1(refusal)}}`);
  }

  /** Only now is the answer known to be whole: no finish reason goes out before. */
  #onMessageStop(): string {
    this.isDone = true;
    const out = this.#begin(null) + this.#closeBlock();
    const finish = toFinishReason(this.#stopReason, this.#calls > 0);
    const last = `${this.#prefix}"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"${finish}"}]}\n\n`;
    return `${out}${last}${this.#usageChunk()}data: [DONE]\n\n`;
  }

  #usageChunk(): string {
    const tokens = this.#context.hideUsage ? null : this.tokens();
    return tokens === null
      ? ''
      : `${this.#prefix}"choices":[],"usage":${JSON.stringify(toChatUsage(tokens))}}\n\n`;
  }

  /** A delta that a client can see; null when an event has nothing for it. */
  #emit(delta: string | null): string {
    if (delta === null) return '';
    this.hasContent = true;
    this.contentEvents += 1;
    return this.#delta(delta);
  }

  #delta(json: string): string {
    return `${this.#prefix}"choices":[{"index":0,"delta":${json},"logprobs":null,"finish_reason":null}]}\n\n`;
  }
}
