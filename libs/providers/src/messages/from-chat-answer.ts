// A whole chat completion as Anthropic's message.
import { isUtf8 } from 'node:buffer';
import { NO_TOKENS } from '@sluice/contracts';
import type { Answer, AnswerContext } from '../provider-adapter.js';
import { findOpenAiUsage } from '../openai-compatible/from-openai-usage.js';
import { readEmbeddedFailure } from '../openai-compatible/read-openai-failure.js';
import { asRecord, asText, MAX_PARSED_BYTES } from '../wire/read-unknown.js';
import { parseExactJson, writeJson } from '../translate/exact-json.js';
import { isFailedFinish, toStopReason } from '../translate/finish-reason.js';
import type { UnknownRecord } from '../translate/read-request.js';
import { toMessagesUsage } from '../translate/token-usage.js';
import { toToolInput } from '../translate/tool-arguments.js';
import { ToolUseIds } from '../translate/tool-call-id.js';
import { toAnswerId } from '../translate/answer-id.js';
import { argumentsText, readCalls, readChatWords } from './read-chat-delta.js';

/** Reads a whole answer and writes it anew in Anthropic's dialect. Never throws. */
export function fromChatAnswer(bytes: Buffer, context: AnswerContext): Answer {
  if (bytes.length > MAX_PARSED_BYTES) {
    return {
      kind: 'garbage',
      reason: `the answer is larger than the ${MAX_PARSED_BYTES} bytes that are translated`,
    };
  }
  if (!isUtf8(bytes)) return { kind: 'garbage', reason: 'the answer is not valid UTF-8' };
  const document = asRecord(parseExactJson(bytes.toString('utf8')));
  if (document === null) return { kind: 'garbage', reason: 'the answer is not a JSON object' };
  const choices = document['choices'];
  const choice = Array.isArray(choices) ? asRecord(choices[0]) : null;
  const failure = readEmbeddedFailure(document) ?? readEmbeddedFailure(choice);
  // Its body is in OpenAI's words.
  if (failure !== null) return { kind: 'failure', failure: { ...failure, passable: false } };
  const message = asRecord(choice?.['message']);
  if (choice === null || message === null) return { kind: 'garbage', reason: 'the answer has no "choices"' };
  const finishReason = asText(choice['finish_reason']);
  if (isFailedFinish(finishReason)) {
    return { kind: 'garbage', reason: `the answer ended with finish_reason "${finishReason}"` };
  }
  const calls = toToolUses(message, context.answerId);
  if (calls === null) return { kind: 'garbage', reason: 'a tool call of the answer has no name' };
  const tokens = findOpenAiUsage(document);
  const isRefused = asText(message['refusal']) !== '';
  const answer = {
    id: toAnswerId('msg_', document['id'], context),
    type: 'message',
    role: 'assistant',
    model: context.model,
    content: [...toWordBlocks(message), ...calls],
    stop_reason: isRefused ? 'refusal' : toStopReason(finishReason, calls.length > 0),
    stop_sequence: null,
    usage: toMessagesUsage(tokens ?? NO_TOKENS),
  };
  const text = writeJson(answer);
  if (text === null) return { kind: 'garbage', reason: "a tool call's arguments are nested too deeply" };
  return { kind: 'answer', body: Buffer.from(text), tokens };
}

/** Thinking of another provider has no signature that Anthropic would know: it is empty, and never comes back. */
function toWordBlocks(message: UnknownRecord): UnknownRecord[] {
  const { text, reasoning } = readChatWords(message);
  return [
    ...(reasoning === '' ? [] : [{ type: 'thinking', thinking: reasoning, signature: '' }]),
    ...(text === '' ? [] : [{ type: 'text', text, citations: null }]),
  ];
}

/** Null when there are arguments that no name belongs to. Calls of which there is nothing are left out. */
function toToolUses(message: UnknownRecord, answerId: string): UnknownRecord[] | null {
  const blocks: UnknownRecord[] = [];
  const ids = new ToolUseIds(answerId);
  for (const item of readCalls(message)) {
    const call = asRecord(item) ?? {};
    const called = asRecord(call['function']) ?? {};
    const name = asText(called['name']);
    const args = argumentsText(called);
    if (name === '' && args === '') continue;
    if (name === '') return null;
    const id = ids.give(asText(call['id']));
    blocks.push({ type: 'tool_use', id, name, input: toToolInput(args) });
  }
  return blocks;
}
