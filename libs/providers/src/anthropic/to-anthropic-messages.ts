// The conversation, OpenAI's to Anthropic's: system text is hoisted, roles alternate, results of one turn's
// calls stand together before any text.
import { asRecord } from '../wire/read-unknown.js';
import {
  readList,
  readText,
  requireRecord,
  requireText,
  type UnknownRecord,
} from '../translate/read-request.js';
import { toToolInput } from '../translate/tool-arguments.js';
import { toToolCallId } from '../translate/tool-call-id.js';
import { TranslationRefusal } from '../translate/translation-refusal.js';
import { cacheControlOf, isBlank, toContentBlocks } from './to-anthropic-content.js';
import { fromReasoningDetails, toSignedBlock } from './reasoning-details.js';

/** A conversation as Anthropic takes it. */
export interface AnthropicConversation {
  /** Text blocks, in order; empty when there is no system text. */
  readonly system: readonly UnknownRecord[];
  readonly messages: readonly AnthropicMessage[];
}

export interface AnthropicMessage {
  readonly role: 'user' | 'assistant';
  readonly content: UnknownRecord[];
}

/** The message as it is sent: one plain text needs no block. */
export function toPlainMessage(message: AnthropicMessage): UnknownRecord {
  const { role, content } = message;
  const [only] = content;
  const isPlain = content.length === 1 && only?.['type'] === 'text' && only['cache_control'] === undefined;
  return { role, content: isPlain ? only['text'] : content };
}

/** Anthropic wants the first turn to be the user's and refuses empty ones. */
const PLACEHOLDER: UnknownRecord = { type: 'text', text: '.' };

/**
 * Translates `messages`.
 * @throws TranslationRefusal on roles, parts and kinds that Anthropic cannot take
 */
export function toAnthropicConversation(value: unknown): AnthropicConversation {
  const turns = new Turns();
  for (const [index, item] of readList(value, 'messages').entries()) {
    const field = `messages[${index}]`;
    const message = requireRecord(item, field);
    const role = requireText(message['role'], `${field}.role`);
    const read = Object.hasOwn(ROLES, role) ? ROLES[role] : undefined;
    if (read === undefined) {
      throw new TranslationRefusal(`${field}.role`, `must be one of ${Object.keys(ROLES).join(', ')}.`);
    }
    read(message, field, turns);
  }
  return turns.finish();
}

type RoleReader = (message: UnknownRecord, field: string, turns: Turns) => void;

const readSystem: RoleReader = (message, field, turns) => {
  const blocks = toContentBlocks(message['content'], `${field}.content`);
  if (blocks.some((block) => block['type'] !== 'text')) {
    throw new TranslationRefusal(`${field}.content`, 'must be text.');
  }
  turns.system.push(...withCacheControl(blocks, message));
};

const readUser: RoleReader = (message, field, turns) => {
  turns.add('user', withCacheControl(toContentBlocks(message['content'], `${field}.content`), message));
};

const readAssistant: RoleReader = (message, field, turns) => {
  if (message['audio'] !== undefined && message['audio'] !== null) {
    throw new TranslationRefusal(`${field}.audio`, 'cannot be said to this model. Send the text instead.');
  }
  const blocks = [...fromReasoningDetails(message), ...toAssistantBlocks(message, field)];
  for (const [index, item] of readList(message['tool_calls'], `${field}.tool_calls`).entries()) {
    blocks.push(
      toToolUse(requireRecord(item, `${field}.tool_calls[${index}]`), `${field}.tool_calls[${index}]`),
    );
  }
  const old = message['function_call'];
  if (old !== undefined && old !== null) {
    blocks.push(turns.openOldCall(requireRecord(old, `${field}.function_call`), `${field}.function_call`));
  }
  turns.add('assistant', withCacheControl(blocks, message));
};

const readTool: RoleReader = (message, field, turns) => {
  const id = requireText(message['tool_call_id'], `${field}.tool_call_id`);
  turns.add('user', [toToolResult(message, field, toToolCallId(id, 'toolu_'))]);
};

const readFunction: RoleReader = (message, field, turns) => {
  turns.add('user', [toToolResult(message, field, turns.closeOldCall())]);
};

/** One line for each role of OpenAI's dialect. */
const ROLES: Readonly<Record<string, RoleReader>> = {
  system: readSystem,
  developer: readSystem,
  user: readUser,
  assistant: readAssistant,
  tool: readTool,
  function: readFunction,
};

/** Some clients send Anthropic's own thinking blocks among the parts: they go back as they came. */
function toAssistantBlocks(message: UnknownRecord, field: string): UnknownRecord[] {
  const { content } = message;
  if (!Array.isArray(content)) return toContentBlocks(content, `${field}.content`);
  const isThought = (item: unknown): boolean => {
    const type = asRecord(item)?.['type'];
    return type === 'thinking' || type === 'redacted_thinking';
  };
  const thoughts = content.filter(isThought).flatMap((item) => toSignedBlock(asRecord(item)));
  const said = toContentBlocks(
    content.map((item: unknown) => (isThought(item) ? '' : item)),
    `${field}.content`,
  );
  return [...thoughts, ...said];
}

function toToolUse(call: UnknownRecord, field: string): UnknownRecord {
  if (call['type'] !== undefined && call['type'] !== null && call['type'] !== 'function') {
    throw new TranslationRefusal(`${field}.type`, 'must be "function": this model takes no other calls.');
  }
  const called = requireRecord(call['function'], `${field}.function`);
  return {
    type: 'tool_use',
    id: toToolCallId(requireText(call['id'], `${field}.id`), 'toolu_'),
    name: requireText(called['name'], `${field}.function.name`),
    input: toToolInput(readText(called['arguments'], `${field}.function.arguments`) ?? ''),
  };
}

function toToolResult(message: UnknownRecord, field: string, id: string): UnknownRecord {
  const content = message['content'];
  const blocks = toContentBlocks(content, `${field}.content`);
  return {
    type: 'tool_result',
    tool_use_id: id,
    // An empty result is one, and a plain text stays plain.
    ...(blocks.length === 0 ? {} : { content: typeof content === 'string' ? content : blocks }),
    ...cacheControlOf(message),
  };
}

/** A mark on the whole message belongs to its last block. */
function withCacheControl(blocks: UnknownRecord[], message: UnknownRecord): UnknownRecord[] {
  const last = blocks.at(-1);
  if (last === undefined || message['cache_control'] === undefined) return blocks;
  return [...blocks.slice(0, -1), { ...last, ...cacheControlOf(message) }];
}

/** Gathers turns, merging neighbours of one role. */
class Turns {
  readonly system: UnknownRecord[] = [];
  readonly #messages: AnthropicMessage[] = [];
  /** Calls of the old form have no ids: results follow in the order of the calls. */
  readonly #oldCalls: string[] = [];
  #oldCallCount = 0;

  add(role: AnthropicMessage['role'], blocks: readonly UnknownRecord[]): void {
    if (blocks.length === 0) return;
    const last = this.#messages.at(-1);
    if (last?.role === role) last.content.push(...blocks);
    else this.#messages.push({ role, content: [...blocks] });
  }

  openOldCall(call: UnknownRecord, field: string): UnknownRecord {
    this.#oldCallCount += 1;
    const id = `toolu_function_${this.#oldCallCount}`;
    this.#oldCalls.push(id);
    return {
      type: 'tool_use',
      id,
      name: requireText(call['name'], `${field}.name`),
      input: toToolInput(readText(call['arguments'], `${field}.arguments`) ?? ''),
    };
  }

  closeOldCall(): string {
    return this.#oldCalls.shift() ?? `toolu_function_${this.#oldCallCount}`;
  }

  finish(): AnthropicConversation {
    // A conversation of nothing but system text is asked by the user then.
    if (this.#messages.length === 0 && this.system.length > 0) {
      return { system: [], messages: [{ role: 'user', content: this.system }] };
    }
    if (this.#messages[0]?.role === 'assistant')
      this.#messages.unshift({ role: 'user', content: [PLACEHOLDER] });
    const messages = this.#messages.map(({ role, content }) => ({
      role,
      content: role === 'user' ? resultsFirst(content) : content,
    }));
    const last = messages.at(-1);
    if (last?.role === 'assistant') trimEnd(last.content);
    return { system: this.system, messages };
  }
}

function resultsFirst(content: UnknownRecord[]): UnknownRecord[] {
  if (content[0]?.['type'] === 'tool_result' && content.length === 1) return content;
  const isResult = (block: UnknownRecord): boolean => block['type'] === 'tool_result';
  return [...content.filter(isResult), ...content.filter((block) => !isResult(block))];
}

/** The text that an answer is to continue may not end in white space. */
function trimEnd(content: UnknownRecord[]): void {
  const last = content.at(-1);
  if (last?.['type'] !== 'text') return;
  const text = String(last['text']).trimEnd();
  if (!isBlank(text)) content[content.length - 1] = { ...last, text };
}
