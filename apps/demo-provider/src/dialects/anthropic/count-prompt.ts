// Tokens of a Messages request by the rule of README.md, and which of them count as cached. The provider keeps nothing, so
// the marks alone decide: what `tools` and `system` mark is read from the cache, what `messages` mark is written to it.
import { countPromptTokens } from '../../answers/count-tokens.js';
import { toChatMessages, toMessages } from './to-chat-request.js';
import { blocksOf } from './message-blocks.js';
import type { CountRequest } from './messages-request.schema.js';

/** The three kinds add up to the whole prompt. */
export interface PromptCount {
  readonly total: number;
  readonly fresh: number;
  readonly read: number;
  readonly written: number;
  /** Of the written ones, those that are to be kept for an hour. */
  readonly writtenForHour: number;
}

type Mark = NonNullable<CountRequest['cache_control']>;

/** Counts a prompt. */
export function countPrompt(request: CountRequest): PromptCount {
  const { messages, system, tools, cache_control: automatic } = request;
  const toolsGiven = tools ?? undefined;
  const total = countPromptTokens(toChatMessages(request), toolsGiven);
  const isSystemMarked = Array.isArray(system) && system.some(({ cache_control: mark }) => isMark(mark));
  const isToolMarked = tools?.some(({ cache_control: mark }) => isMark(mark)) === true;
  const none = countPromptTokens([], undefined);
  const ofTools = countPromptTokens([], toolsGiven) - none;
  const ofSystem = countPromptTokens(toChatMessages({ ...request, messages: [] }), undefined) - none;
  const read = isSystemMarked ? ofTools + ofSystem : isToolMarked ? ofTools : 0;
  const marks = messages.map((message) => blocksOf(message).map(markOf).findLast(isMark));
  if (isMark(automatic)) marks[messages.length - 1] = automatic;
  const last = marks.findLastIndex(isMark);
  const prefix = countPromptTokens(messages.slice(0, last + 1).flatMap(toMessages), undefined) - none;
  const written = last < 0 ? 0 : ofTools + ofSystem - read + prefix;
  const writtenForHour = marks[last]?.ttl === '1h' ? written : 0;
  return { total, fresh: total - read - written, read, written, writtenForHour };
}

const isMark = (mark: Mark | null | undefined): mark is Mark => mark !== null && mark !== undefined;

/** Blocks of thought carry none. */
const markOf = (block: ReturnType<typeof blocksOf>[number]): Mark | null | undefined =>
  block.type === 'thinking' ? undefined : block.cache_control;
