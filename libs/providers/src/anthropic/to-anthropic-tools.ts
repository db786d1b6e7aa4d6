import { toToolSchema } from '../translate/json-schema.js';
import {
  readList,
  readRecord,
  readText,
  requireRecord,
  requireText,
  type UnknownRecord,
} from '../translate/read-request.js';
import { TranslationRefusal } from '../translate/translation-refusal.js';
import type { ClaudeTraits } from './claude-traits.js';
import type { AnthropicMessage } from './to-anthropic-messages.js';

/** Anthropic's `tool_choice`. */
export type ToolChoice = {
  readonly type: string;
  readonly name?: string;
  readonly disable_parallel_tool_use?: boolean;
};

/**
 * OpenAI's `tools`, and the older `functions`, as Anthropic's.
 * @throws TranslationRefusal on a tool that is no function
 */
export function toAnthropicTools(request: UnknownRecord, traits: ClaudeTraits): UnknownRecord[] {
  const tools = readList(request['tools'], 'tools').map((item, index) => {
    const field = `tools[${index}]`;
    const tool = requireRecord(item, field);
    if (tool['type'] !== undefined && tool['type'] !== 'function') {
      throw new TranslationRefusal(`${field}.type`, 'must be "function": this model takes no other tools.');
    }
    const definition = requireRecord(tool['function'], `${field}.function`);
    return toTool(definition, { field: `${field}.function`, traits, cacheControl: tool['cache_control'] });
  });
  const functions = readList(request['functions'], 'functions').map((item, index) => {
    const field = `functions[${index}]`;
    return toTool(requireRecord(item, field), { field, traits, cacheControl: undefined });
  });
  return [...tools, ...functions];
}

/** Anthropic refuses a history of calls without tools; OpenAI takes it. None of these is to be called again. */
export function toHistoryTools(messages: readonly AnthropicMessage[]): UnknownRecord {
  const uses = messages.flatMap(({ content }) => content.filter((block) => block['type'] === 'tool_use'));
  const names = new Set(uses.map((block) => block['name']));
  if (names.size === 0) return {};
  const tools = [...names].map((name) => ({ name, input_schema: toToolSchema(undefined) }));
  return { tools, tool_choice: { type: 'none' } };
}

interface ToolOptions {
  readonly field: string;
  readonly traits: ClaudeTraits;
  readonly cacheControl: unknown;
}

function toTool(definition: UnknownRecord, options: ToolOptions): UnknownRecord {
  const { field, traits } = options;
  const description = readText(definition['description'], `${field}.description`);
  const cacheControl = options.cacheControl ?? definition['cache_control'];
  return {
    name: requireText(definition['name'], `${field}.name`),
    ...(description === undefined ? {} : { description }),
    input_schema: toToolSchema(readRecord(definition['parameters'], `${field}.parameters`)),
    ...(definition['strict'] === true && traits.structured ? { strict: true } : {}),
    ...(cacheControl === undefined || cacheControl === null ? {} : { cache_control: cacheControl }),
  };
}

const NAMED_CHOICES: ReadonlyMap<string, string> = new Map([
  ['auto', 'auto'],
  ['none', 'none'],
  ['required', 'any'],
  // Mistral's word for it.
  ['any', 'any'],
]);

/**
 * OpenAI's `tool_choice` and `parallel_tool_calls`; undefined when the default says the same.
 * @param mayForce false while the model thinks: a forced choice is refused then and falls back to auto
 * @throws TranslationRefusal on a choice that Anthropic does not have
 */
export function toAnthropicToolChoice(request: UnknownRecord, mayForce: boolean): ToolChoice | undefined {
  const asked = readChoice(request);
  const isForced = asked?.type === 'any' || asked?.type === 'tool';
  const choice: ToolChoice | undefined = isForced && !mayForce ? { type: 'auto' } : asked;
  if (request['parallel_tool_calls'] !== false || choice?.type === 'none') return choice;
  return { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true };
}

function readChoice(request: UnknownRecord): ToolChoice | undefined {
  const isOld = request['tool_choice'] === undefined || request['tool_choice'] === null;
  const field = isOld ? 'function_call' : 'tool_choice';
  const value = request[field];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') {
    const type = NAMED_CHOICES.get(value);
    if (type !== undefined) return { type };
    throw new TranslationRefusal(field, 'must be one of auto, none, required, or name one function.');
  }
  const choice = requireRecord(value, field);
  if (isOld) return { type: 'tool', name: requireText(choice['name'], `${field}.name`) };
  if (choice['type'] !== 'function') {
    throw new TranslationRefusal(`${field}.type`, 'must be "function": this model takes no other choice.');
  }
  const named = requireRecord(choice['function'], `${field}.function`);
  return { type: 'tool', name: requireText(named['name'], `${field}.function.name`) };
}
