// One content block of a stream while it is open: what its events are as OpenAI's deltas.
import { asRecord, asText } from '../wire/read-unknown.js';
import { writeJson } from '../translate/exact-json.js';
import { quoteLatin1, toLatin1 } from '../translate/latin1-json.js';
import type { UnknownRecord } from '../translate/read-request.js';
import { makeToolCallId } from '../translate/tool-call-id.js';
import { ANSWER_TOOL } from './answer-tool.js';
import { REASONING_FORMAT, toReasoningDetail } from './reasoning-details.js';
import { toAnnotations } from './to-annotations.js';

/** An open block. Deltas are JSON texts in latin1; null when there is nothing to say. */
export interface OpenBlock {
  readonly kind: 'text' | 'call' | 'thinking' | 'redacted' | 'hidden';
  /** Characters of the answer's text up to here. */
  readonly end: number;
  open(): string | null;
  add(delta: UnknownRecord): string | null;
  close(): string | null;
}

/** Where a block stands among its like. */
export interface BlockPlace {
  /** An id that no other answer has. */
  readonly answerId: string;
  /** Index that a tool call gets. */
  readonly call: number;
  /** Index that a reasoning detail gets. */
  readonly detail: number;
  /** Characters of text before it. */
  readonly start: number;
}

/** Opens the block of a `content_block_start`. Blocks of tools that the provider runs itself stay hidden. */
export function openBlock(content: UnknownRecord, place: BlockPlace): OpenBlock {
  switch (content['type']) {
    case 'text':
      return new TextBlock(asText(content['text']), place.start);
    case 'tool_use':
      return content['name'] === ANSWER_TOOL
        ? new AnswerBlock(content, place.start)
        : new CallBlock(content, place);
    case 'thinking':
      return new ThinkingBlock(content, place);
    case 'redacted_thinking':
      return new RedactedBlock(content, place);
    default:
      return { kind: 'hidden', end: place.start, open: nothing, add: nothing, close: nothing };
  }
}

const nothing = (): null => null;

const toContent = (text: string): string | null => (text === '' ? null : `{"content":${quoteLatin1(text)}}`);

class TextBlock implements OpenBlock {
  readonly kind = 'text';
  readonly #text: string;
  readonly #start: number;
  readonly #citations: unknown[] = [];
  end: number;

  constructor(text: string, start: number) {
    this.#text = text;
    this.#start = start;
    this.end = start;
  }

  open(): string | null {
    return this.#say(this.#text);
  }

  add(delta: UnknownRecord): string | null {
    if (delta['type'] === 'citations_delta') this.#citations.push(delta['citation']);
    return this.#say(asText(delta['text']));
  }

  /** A citation is of the whole block, so it waits for the block's end. */
  close(): string | null {
    const annotations = toAnnotations(this.#citations, { start: this.#start, end: this.end });
    return annotations.length === 0 ? null : `{"annotations":${toLatin1(JSON.stringify(annotations))}}`;
  }

  #say(text: string): string | null {
    this.end += text.length;
    return toContent(text);
  }
}

class CallBlock implements OpenBlock {
  readonly kind = 'call';
  readonly end: number;
  readonly #content: UnknownRecord;
  readonly #answerId: string;
  readonly #index: number;
  #hasArguments = false;

  constructor(content: UnknownRecord, place: BlockPlace) {
    this.#content = content;
    this.#answerId = place.answerId;
    this.#index = place.call;
    this.end = place.start;
  }

  open(): string {
    const own = asText(this.#content['id']);
    const id = quoteLatin1(own || makeToolCallId('call_', this.#answerId, this.#index));
    const name = quoteLatin1(asText(this.#content['name']));
    return `{"tool_calls":[{"index":${this.#index},"id":${id},"type":"function","function":{"name":${name},"arguments":""}}]}`;
  }

  add(delta: UnknownRecord): string | null {
    return this.#write(asText(delta['partial_json']));
  }

  /** A call without any piece of input has its input in the start, or none at all: `{}`. */
  close(): string | null {
    return this.#hasArguments ? null : this.#write(inputOf(this.#content) ?? '{}');
  }

  #write(text: string): string | null {
    if (text === '') return null;
    this.#hasArguments = true;
    return `{"tool_calls":[{"index":${this.#index},"function":{"arguments":${quoteLatin1(text)}}}]}`;
  }
}

/** The call of the reserved tool: its input is the text of the answer. */
class AnswerBlock implements OpenBlock {
  readonly kind = 'text';
  readonly #content: UnknownRecord;
  readonly #start: number;
  end: number;

  constructor(content: UnknownRecord, start: number) {
    this.#content = content;
    this.#start = start;
    this.end = start;
  }

  open(): null {
    return null;
  }

  add(delta: UnknownRecord): string | null {
    return this.#say(asText(delta['partial_json']));
  }

  close(): string | null {
    return this.end > this.#start ? null : this.#say(inputOf(this.#content) ?? '{}');
  }

  #say(text: string): string | null {
    this.end += text.length;
    return toContent(text);
  }
}

/** Input that came whole with the start of a call; null when there is none to speak of. */
function inputOf(content: UnknownRecord): string | null {
  const input = asRecord(content['input']);
  return input === null || Object.keys(input).length === 0 ? null : writeJson(input);
}

class ThinkingBlock implements OpenBlock {
  readonly kind = 'thinking';
  readonly end: number;
  readonly #content: UnknownRecord;
  readonly #index: number;

  constructor(content: UnknownRecord, place: BlockPlace) {
    this.#content = content;
    this.#index = place.detail;
    this.end = place.start;
  }

  open(): string | null {
    return this.#say(asText(this.#content['thinking'])) ?? this.#sign(asText(this.#content['signature']));
  }

  add(delta: UnknownRecord): string | null {
    if (delta['type'] === 'signature_delta') return this.#sign(asText(delta['signature']));
    return this.#say(asText(delta['thinking']));
  }

  close(): null {
    return null;
  }

  /** Twice: once for the many clients that show it, once for those that carry it back. */
  #say(text: string): string | null {
    if (text === '') return null;
    const quoted = quoteLatin1(text);
    return `{"reasoning_content":${quoted},"reasoning_details":[{"type":"reasoning.text","text":${quoted},${this.#mark()}}]}`;
  }

  #sign(signature: string): string | null {
    if (signature === '') return null;
    return `{"reasoning_details":[{"type":"reasoning.text","signature":${quoteLatin1(signature)},${this.#mark()}}]}`;
  }

  #mark(): string {
    return `"format":"${REASONING_FORMAT}","index":${this.#index}`;
  }
}

class RedactedBlock implements OpenBlock {
  readonly kind = 'redacted';
  readonly end: number;
  readonly #content: UnknownRecord;
  readonly #index: number;

  constructor(content: UnknownRecord, place: BlockPlace) {
    this.#content = content;
    this.#index = place.detail;
    this.end = place.start;
  }

  open(): string {
    const detail = toReasoningDetail(this.#content, this.#index);
    return `{"reasoning_details":[${toLatin1(JSON.stringify(detail))}]}`;
  }

  add(): null {
    return null;
  }

  close(): null {
    return null;
  }
}
