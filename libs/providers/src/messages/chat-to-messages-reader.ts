// An OpenAI-speaking provider's chunks as Anthropic's events: one pass, each chunk parsed once.
import { NO_TOKENS, type TokenCounts } from '@sluice/contracts';
import { findOpenAiUsage } from '../openai-compatible/from-openai-usage.js';
import { readEmbeddedFailure, readErrorEvent } from '../openai-compatible/read-openai-failure.js';
import type { ProviderFailure, StreamContext, StreamEnd, StreamReader } from '../provider-adapter.js';
import { asRecord, asText } from '../wire/read-unknown.js';
import { isFailedFinish, toStopReason } from '../translate/finish-reason.js';
import { parseLatin1Json } from '../translate/latin1-json.js';
import type { UnknownRecord } from '../translate/read-request.js';
import { type SseEvent, SseEvents } from '../translate/sse-events.js';
import { MAX_EVENT_BYTES } from '../wire/whole-events.js';
import { toMessagesUsage } from '../translate/token-usage.js';
import { toAnswerId } from '../translate/answer-id.js';
import { ToolUseIds } from '../translate/tool-call-id.js';
import { BlockWriter, messagesEvent } from './block-writer.js';
import { CallQueue } from './call-queue.js';
import { readCalls, readChatWords } from './read-chat-delta.js';

type Fatal = Exclude<StreamEnd, { kind: 'complete' }>;

export class ChatToMessagesReader implements StreamReader {
  readonly #context: StreamContext;
  readonly #events = new SseEvents();
  readonly #blocks = new BlockWriter();
  readonly #calls: CallQueue;
  #hasBegun = false;
  #finishReason = '';
  #isRefused = false;
  #tokens: TokenCounts | null = null;
  /** What was said between pieces of a call that is not complete: it waits for the calls to end. */
  #held: { readonly kind: 'text' | 'thinking'; readonly words: string }[] = [];
  #heldLength = 0;
  #fatal: Fatal | null = null;
  /** It comes once, at the end, or cumulative on every chunk. */
  readonly isUsageFinal = true;
  isDone = false;

  constructor(context: StreamContext) {
    this.#context = context;
    this.#calls = new CallQueue(this.#blocks, new ToolUseIds(context.answerId));
  }

  get fatal(): Fatal | null {
    return this.#fatal;
  }

  get hasContent(): boolean {
    return this.#blocks.contentEvents > 0;
  }

  get contentEvents(): number {
    return this.#blocks.contentEvents;
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
      if (rest.data !== '[DONE]' && parseLatin1Json(rest.data) === undefined) {
        this.#break('the stream ended inside an event');
      } else tail = this.#read(rest);
    }
    // Several servers end after the finish reason without a marker.
    if (!this.#isOver() && this.#finishReason !== '') tail += this.#finish();
    if (this.#fatal !== null) return this.#fatal;
    if (this.isDone) return { kind: 'complete', tail };
    return { kind: 'broken', reason: 'the stream ended before its terminal marker' };
  }

  tokens(): TokenCounts | null {
    return this.#tokens;
  }

  #isOver(): boolean {
    return this.isDone || this.#fatal !== null;
  }

  #break(reason: string): string {
    this.#fatal = { kind: 'broken', reason };
    return '';
  }

  /** Its body is in OpenAI's words, so it never goes through. */
  #fail(failure: ProviderFailure): string {
    this.#fatal = { kind: 'failure', failure: { ...failure, passable: false } };
    return '';
  }

  #read(event: SseEvent): string {
    // Named an error it is one, whatever its data look like.
    if (event.name === 'error') return this.#fail(readErrorEvent(parseLatin1Json(event.data)));
    if (event.data.trim() === '[DONE]') return this.#finish();
    const chunk = asRecord(parseLatin1Json(event.data));
    if (chunk === null) return this.#break('an event of the stream is not a JSON object');
    const choices = chunk['choices'];
    const choice = Array.isArray(choices) ? findFirst(choices) : null;
    const failure = readEmbeddedFailure(chunk) ?? readEmbeddedFailure(choice);
    if (failure !== null) return this.#fail(failure);
    // Some repeat it on every chunk, cumulative: the last one counts.
    if (hasUsage(chunk, choice)) this.#tokens = findOpenAiUsage(chunk) ?? this.#tokens;
    return choice === null ? '' : this.#begin(chunk) + this.#onChoice(choice);
  }

  #onChoice(choice: UnknownRecord): string {
    const delta = asRecord(choice['delta']) ?? {};
    const { text, reasoning } = readChatWords(delta);
    if (asText(delta['refusal']) !== '') this.#isRefused = true;
    let out = '';
    if (reasoning !== '') out += this.#say('thinking', reasoning);
    if (text !== '') out += this.#say('text', text);
    const calls = readCalls(delta);
    if (calls.length > 0) out += this.#calls.add(calls);
    if (this.#calls.isOverfull || this.#heldLength > MAX_EVENT_BYTES) {
      return this.#break('the provider sent more of tool calls than is kept');
    }
    const finish = asText(choice['finish_reason']);
    if (isFailedFinish(finish)) return this.#break(`the stream ended with finish_reason "${finish}"`);
    if (finish !== '') this.#finishReason = finish;
    return out;
  }

  #say(kind: 'text' | 'thinking', words: string): string {
    const before = this.#calls.settle();
    if (!this.#calls.isBusy) return before + this.#blocks[kind](words);
    this.#held.push({ kind, words });
    this.#heldLength += words.length;
    return before;
  }

  #begin(chunk: UnknownRecord): string {
    if (this.#hasBegun) return '';
    this.#hasBegun = true;
    const message = {
      id: toAnswerId('msg_', chunk['id'], this.#context),
      type: 'message',
      role: 'assistant',
      model: this.#context.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: toMessagesUsage(this.tokens() ?? NO_TOKENS),
    };
    return messagesEvent('message_start', `,"message":${JSON.stringify(message)}`);
  }

  /** The marker came, or the end after a finish reason. A marker without any finish reason ends nothing well. */
  #finish(): string {
    if (this.#finishReason === '') return this.#break('the stream ended without a finish reason');
    if (this.#calls.hasNameless) return this.#break('a tool call of the stream has no name');
    this.isDone = true;
    let out = this.#calls.finish();
    for (const { kind, words } of this.#held) out += this.#blocks[kind](words);
    out += this.#blocks.close();
    const reason = this.#isRefused ? 'refusal' : toStopReason(this.#finishReason, this.#calls.count > 0);
    const usage = JSON.stringify(toMessagesUsage(this.tokens() ?? NO_TOKENS));
    const delta = `,"delta":{"stop_reason":"${reason}","stop_sequence":null},"usage":${usage}`;
    return out + messagesEvent('message_delta', delta) + messagesEvent('message_stop', '');
  }
}

/** Other answers to the same request are not asked for here. */
function findFirst(choices: readonly unknown[]): UnknownRecord | null {
  const choice = asRecord(choices[0]);
  const index = choice?.['index'];
  return index === undefined || index === null || index === 0 ? choice : null;
}

const hasUsage = (chunk: UnknownRecord, choice: UnknownRecord | null): boolean =>
  asRecord(chunk['usage']) !== null ||
  asRecord(choice?.['usage']) !== null ||
  asRecord(asRecord(chunk['x_groq'])?.['usage']) !== null;
