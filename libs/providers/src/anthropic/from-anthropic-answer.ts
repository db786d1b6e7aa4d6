// A whole answer of Anthropic's as OpenAI's chat completion.
import { isUtf8 } from 'node:buffer';
import type { Answer, AnswerContext } from '../provider-adapter.js';
import { asRecord, asText, MAX_PARSED_BYTES } from '../wire/read-unknown.js';
import { parseExactJson } from '../translate/exact-json.js';
import { toFinishReason } from '../translate/finish-reason.js';
import type { UnknownRecord } from '../translate/read-request.js';
import { toChatUsage } from '../translate/token-usage.js';
import { makeToolCallId } from '../translate/tool-call-id.js';
import { toArgumentsText } from '../translate/tool-arguments.js';
import { toAnswerId } from '../translate/answer-id.js';
import { fromAnthropicUsage } from './anthropic-usage.js';
import { ANSWER_TOOL } from './answer-tool.js';
import { readAnthropicErrorEvent } from './read-anthropic-failure.js';
import { toReasoningDetail } from './reasoning-details.js';
import { toAnnotations } from './to-annotations.js';

/** Reads a whole answer and writes it anew in OpenAI's dialect. Never throws. */
export function fromAnthropicAnswer(bytes: Buffer, context: AnswerContext): Answer {
  if (bytes.length > MAX_PARSED_BYTES) {
    return {
      kind: 'garbage',
      reason: `the answer is larger than the ${MAX_PARSED_BYTES} bytes that are translated`,
    };
  }
  if (!isUtf8(bytes)) return { kind: 'garbage', reason: 'the answer is not valid UTF-8' };
  const document = asRecord(parseExactJson(bytes.toString('utf8')));
  if (document === null) return { kind: 'garbage', reason: 'the answer is not a JSON object' };
  const failure = readAnthropicErrorEvent(document);
  if (failure !== null) return { kind: 'failure', failure };
  const content = document['content'];
  if (!Array.isArray(content)) return { kind: 'garbage', reason: 'the answer has no "content"' };
  const message = new ChatMessage(context.answerId);
  for (const block of content as readonly unknown[]) {
    if (!message.add(asRecord(block) ?? {})) {
      return { kind: 'garbage', reason: "a tool call's input is nested too deeply" };
    }
  }
  const tokens = fromAnthropicUsage(document['usage']);
  const answer = {
    id: toAnswerId('chatcmpl-', document['id'], context),
    object: 'chat.completion',
    created: context.createdSeconds,
    model: context.model,
    choices: [
      {
        index: 0,
        message: message.toJson(document),
        logprobs: null,
        finish_reason: toFinishReason(asText(document['stop_reason']), message.hasCalls),
      },
    ],
    ...(tokens === null ? {} : { usage: toChatUsage(tokens) }),
  };
  return { kind: 'answer', body: Buffer.from(JSON.stringify(answer)), tokens };
}

/** The one message of a completion, filled block by block. */
class ChatMessage {
  readonly #answerId: string;
  #content = '';
  #hasText = false;
  #reasoning = '';
  readonly #details: UnknownRecord[] = [];
  readonly #calls: UnknownRecord[] = [];
  readonly #annotations: UnknownRecord[] = [];

  constructor(answerId: string) {
    this.#answerId = answerId;
  }

  get hasCalls(): boolean {
    return this.#calls.length > 0;
  }

  /** False when the block cannot be written. Blocks of tools that the provider runs itself are left out. */
  add(block: UnknownRecord): boolean {
    switch (block['type']) {
      case 'text':
        this.#addText(asText(block['text']), block['citations']);
        return true;
      case 'tool_use':
        return this.#addCall(block);
      case 'thinking':
        this.#reasoning += asText(block['thinking']);
    }
    const detail = toReasoningDetail(block, this.#details.length);
    if (detail !== null) this.#details.push(detail);
    return true;
  }

  #addText(text: string, citations: unknown): void {
    const start = this.#content.length;
    this.#content += text;
    this.#hasText = true;
    this.#annotations.push(...toAnnotations(citations, { start, end: this.#content.length }));
  }

  #addCall(block: UnknownRecord): boolean {
    const text = toArgumentsText(block['input']);
    if (text === null) return false;
    if (block['name'] === ANSWER_TOOL) {
      this.#addText(text, null);
      return true;
    }
    const id = asText(block['id']) || makeToolCallId('call_', this.#answerId, this.#calls.length);
    this.#calls.push({ id, type: 'function', function: { name: asText(block['name']), arguments: text } });
    return true;
  }

  toJson(document: UnknownRecord): UnknownRecord {
    const refusal = asRecord(document['stop_details'])?.['explanation'];
    return {
      role: 'assistant',
      content: this.#hasText || this.#calls.length === 0 ? this.#content : null,
      refusal: typeof refusal === 'string' && document['stop_reason'] === 'refusal' ? refusal : null,
      ...(this.#reasoning === '' ? {} : { reasoning_content: this.#reasoning }),
      ...(this.#details.length === 0 ? {} : { reasoning_details: this.#details }),
      ...(this.#annotations.length === 0 ? {} : { annotations: this.#annotations }),
      ...(this.#calls.length === 0 ? {} : { tool_calls: this.#calls }),
    };
  }
}
