// The counting rule of the demo provider, the same for prompts and answers, so that anyone can check a bill by hand:
// a text has one token for every 4 UTF-16 units begun; README.md has the rule for whole requests.
import type { ChatMessage } from '../dialects/openai/chat-request.schema.js';

const UNITS_PER_TOKEN = 4;
const TOKENS_PER_MESSAGE = 3;
const TOKENS_PER_REQUEST = 3;
/** OpenAI's price of a small image; other attachments cost the same here. */
const TOKENS_PER_ATTACHMENT = 85;

/** Tokens of a text. */
export const countTokens = (text: string): number => Math.ceil(text.length / UNITS_PER_TOKEN);

/** Tokens of a prompt: 3, and for each message 3 and its texts and attachments, and the tools' JSON. */
export function countPromptTokens(messages: readonly ChatMessage[], tools: unknown): number {
  let tokens = TOKENS_PER_REQUEST;
  for (const message of messages) tokens += TOKENS_PER_MESSAGE + countMessageTokens(message);
  if (tools !== undefined) tokens += countTokens(JSON.stringify(tools));
  return tokens;
}

function countMessageTokens({ content, tool_calls: calls }: ChatMessage): number {
  let tokens = 0;
  if (typeof content === 'string') tokens += countTokens(content);
  else
    for (const part of content ?? [])
      tokens += part.type === 'text' ? countTokens(part.text ?? '') : TOKENS_PER_ATTACHMENT;
  for (const call of calls ?? []) {
    tokens += countTokens(call.function?.name ?? '') + countTokens(call.function?.arguments ?? '');
  }
  return tokens;
}

/** A text in pieces of one token each; a pair of surrogates stays together. There are {@link countTokens} pieces or one less. */
export function toTokenPieces(text: string): string[] {
  const pieces: string[] = [];
  let at = 0;
  while (at < text.length) {
    const end = wholeCharacterEnd(text, (Math.floor(at / UNITS_PER_TOKEN) + 1) * UNITS_PER_TOKEN);
    pieces.push(text.slice(at, end));
    at = end;
  }
  return pieces;
}

/** The text's first `tokens` tokens. */
export function firstTokens(text: string, tokens: number): string {
  const end = tokens * UNITS_PER_TOKEN;
  // One unit less, when the cut would split a pair: so the count stays within the limit.
  return text.slice(0, isHighSurrogate(text, end - 1) ? end - 1 : end);
}

const isHighSurrogate = (text: string, index: number): boolean =>
  (text.charCodeAt(index) & 0xfc00) === 0xd800 && index + 1 < text.length;

const wholeCharacterEnd = (text: string, end: number): number =>
  isHighSurrogate(text, end - 1) ? end + 1 : end;
