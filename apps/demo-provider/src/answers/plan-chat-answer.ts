// What the demo model says. Pure: the same request, model and attempt id give the same answer. It thinks in the terms of
// OpenAI's requests; other dialects put theirs into these.
import type { DemoModel } from '../models/demo-model.js';
import type { ChatMessage, ChatRequest, ReasoningEffort } from '../dialects/openai/chat-request.schema.js';
import { countPromptTokens, countTokens, firstTokens } from './count-tokens.js';
import { type PlannedToolCall, planToolCalls } from './plan-tool-calls.js';
import { sampleFromSchema } from './sample-from-schema.js';

/** One of the `n` answers. */
export interface PlannedChoice {
  readonly reasoning: string;
  /** Null when the answer is tool calls. */
  readonly text: string | null;
  readonly toolCalls: readonly PlannedToolCall[];
  readonly finishReason: 'stop' | 'length' | 'tool_calls';
  /** The stop word that ended the text; null when none did. */
  readonly stopWord: string | null;
}

/** The whole answer before it is written as JSON or as a stream. */
export interface PlannedAnswer {
  readonly choices: readonly PlannedChoice[];
  readonly promptTokens: number;
  /** Of all choices, reasoning included. */
  readonly completionTokens: number;
  readonly reasoningTokens: number;
}

const REASONING_TOKENS: Readonly<Record<ReasoningEffort, number>> = {
  none: 0,
  minimal: 4,
  low: 8,
  medium: 16,
  high: 32,
  xhigh: 48,
  max: 64,
};
const LONGEST_QUOTE = 300;
const FILLER = 'The quick brown fox jumps over the lazy dog and does not need a key for it. ';

/** Decides every word of the answer. Never throws. */
export function planChatAnswer(request: ChatRequest, model: DemoModel, attemptId: string): PlannedAnswer {
  const prompt = lastUserText(request.messages);
  const toolCalls = planToolCalls(request, prompt, attemptId);
  const effort = request.reasoning_effort ?? (model.base.reasons ? 'medium' : 'none');
  const reasoning = fillTokens('Let me think about it. ', REASONING_TOKENS[effort]);
  const said = toolCalls.length > 0 ? null : sayText(request, model, prompt);
  const most = request.max_completion_tokens ?? request.max_tokens ?? Infinity;
  const count = request.n ?? 1;
  const choices = Array.from({ length: count }, (_, index) =>
    limitChoice(
      { reasoning, text: said === null ? null : vary(said, index, request), toolCalls },
      request,
      most,
    ),
  );
  return {
    choices,
    ...countAnswer(choices),
    promptTokens: countPromptTokens(request.messages, request.tools ?? undefined),
  };
}

/** Tokens of a planned call: its name and its arguments. */
export const countCallTokens = (call: PlannedToolCall): number =>
  countTokens(call.name) + countTokens(call.arguments);

function countAnswer(choices: readonly PlannedChoice[]): {
  completionTokens: number;
  reasoningTokens: number;
} {
  let completionTokens = 0;
  let reasoningTokens = 0;
  for (const choice of choices) {
    const reasoning = countTokens(choice.reasoning);
    reasoningTokens += reasoning;
    completionTokens += reasoning + countTokens(choice.text ?? '');
    for (const call of choice.toolCalls) completionTokens += countCallTokens(call);
  }
  return { completionTokens, reasoningTokens };
}

/** Applies `stop` and the token limit, in this order, as a model that writes left to right. */
function limitChoice(
  choice: Omit<PlannedChoice, 'finishReason' | 'stopWord'>,
  request: ChatRequest,
  most: number,
): PlannedChoice {
  const reasoning = firstTokens(choice.reasoning, most);
  let left = most - countTokens(reasoning);
  const stop = choice.text === null ? undefined : findStop(choice.text, request.stop);
  const full = stop === undefined ? choice.text : (choice.text?.slice(0, stop.place) ?? null);
  const text = full === null ? null : firstTokens(full, left);
  let isCut = reasoning.length < choice.reasoning.length || (text?.length ?? 0) < (full?.length ?? 0);
  const toolCalls: PlannedToolCall[] = [];
  for (const call of choice.toolCalls) {
    left -= countTokens(call.name);
    if (left < 0) {
      isCut = true;
      break;
    }
    const written = firstTokens(call.arguments, left);
    toolCalls.push({ ...call, arguments: written });
    left -= countTokens(written);
    isCut ||= written.length < call.arguments.length;
  }
  if (isCut) return { reasoning, text, toolCalls, finishReason: 'length', stopWord: null };
  const finishReason = toolCalls.length > 0 ? 'tool_calls' : 'stop';
  return { reasoning, text, toolCalls, finishReason, stopWord: stop?.word ?? null };
}

/** The stop word that comes first in the text. */
function findStop(text: string, stop: ChatRequest['stop']): { place: number; word: string } | undefined {
  return (typeof stop === 'string' ? [stop] : (stop ?? []))
    .map((word) => ({ word, place: word === '' ? -1 : text.indexOf(word) }))
    .filter(({ place }) => place >= 0)
    .toSorted((one, other) => one.place - other.place)[0];
}

function sayText(request: ChatRequest, model: DemoModel, prompt: string): string {
  const format = request.response_format;
  if (format?.type === 'json_schema') {
    const textFor = (property: string): string | undefined =>
      /answer|text|message|summary|content|reply|response/i.test(property)
        ? greet(request, prompt)
        : undefined;
    return JSON.stringify(sampleFromSchema(format.json_schema.schema ?? { type: 'object' }, { textFor }));
  }
  if (format?.type === 'json_object')
    return JSON.stringify({ answer: greet(request, prompt), prompt: quote(prompt) });
  if (model.tokens !== undefined) return fillTokens(FILLER, model.tokens);
  return greet(request, prompt);
}

function greet(request: ChatRequest, prompt: string): string {
  const results = toolResults(request.messages);
  if (results.length > 0)
    return `The tool answered: ${results.map(quote).join(' / ')}. Thank you, that is what I needed.`;
  const images = countImages(request.messages);
  const seen = images === 0 ? '' : ` I count ${images} ${images === 1 ? 'image' : 'images'}.`;
  const heard = prompt.trim() === '' ? 'You sent no text.' : `You wrote: "${quote(prompt)}"`;
  return `Hello! I am the demo model of Sluice: no key, no bill, no opinions. ${heard}${seen}`;
}

/** Answers two and up say which they are, so that they can be told apart; structured ones stay as they are. */
function vary(text: string, index: number, request: ChatRequest): string {
  const isJson = (request.response_format?.type ?? 'text') !== 'text';
  return index === 0 || isJson ? text : `${text} (Answer ${index + 1} of ${request.n ?? 1}.)`;
}

function quote(text: string): string {
  const line = text.trim();
  return line.length > LONGEST_QUOTE ? `${firstTokens(line, LONGEST_QUOTE / 4)}...` : line;
}

function lastUserText(messages: readonly ChatMessage[]): string {
  return textOf(messages.findLast((message) => message.role === 'user'));
}

function toolResults(messages: readonly ChatMessage[]): readonly string[] {
  const last = messages.findLastIndex((message) => message.role !== 'tool' && message.role !== 'function');
  return messages.slice(last + 1).map(textOf);
}

function textOf(message: ChatMessage | undefined): string {
  const content = message?.content;
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => (part.type === 'text' ? (part.text ?? '') : '')).join('');
}

function countImages(messages: readonly ChatMessage[]): number {
  let images = 0;
  for (const { content } of messages) {
    if (!Array.isArray(content)) continue;
    for (const part of content) if (part.type === 'image_url') images += 1;
  }
  return images;
}

/** Exactly so many tokens of a repeated text. */
function fillTokens(text: string, tokens: number): string {
  const units = tokens * 4;
  return text.repeat(Math.ceil(units / text.length)).slice(0, units);
}
