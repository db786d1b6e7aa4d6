import { hash64 } from '../ledger/hash64.js';
import { type ChatRequest, type ChatTool, isGiven } from '../dialects/openai/chat-request.schema.js';
import { sampleFromSchema } from './sample-from-schema.js';

/** A call of a tool that the answer makes. */
export interface PlannedToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON text that fits the tool's schema. */
  readonly arguments: string;
}

const ASKS_FOR_ANY = /\b(tools?|functions?)\b/i;
const ASKS_FOR_SEVERAL = /\b(parallel|both|twice|each|all tools)\b/i;
const PLACE = /\b(?:in|at|for|near|to)\s+(\p{Lu}[\p{L}'-]*(?:\s\p{Lu}[\p{L}'-]*)*)/u;
/** Words of a tool's name that say nothing about its subject. */
const FILLER = new Set([
  'call',
  'find',
  'from',
  'func',
  'function',
  'list',
  'lookup',
  'make',
  'read',
  'search',
  'tool',
  'with',
]);
const SHORTEST_WORD = 4;

/**
 * The tools that this turn calls: those that `tool_choice` forces, else those that the last user message names (by a word of
 * the tool's name, or by "tool" or "function"). Several words, or "parallel", "both", "each", "twice": several calls. None
 * after a tool's result, so that every loop ends.
 */
export function planToolCalls(
  request: ChatRequest,
  prompt: string,
  attemptId: string,
): readonly PlannedToolCall[] {
  const { tools, messages, tool_choice: choice } = request;
  const lastRole = messages.at(-1)?.role;
  if (!isGiven(tools) || choice === 'none' || lastRole === 'tool' || lastRole === 'function') return [];
  const called = chooseTools(tools, choice ?? 'auto', prompt);
  const [first] = called;
  if (first === undefined) return [];
  const mayBeParallel = request.parallel_tool_calls !== false;
  const wanted =
    mayBeParallel && called.length === 1 && ASKS_FOR_SEVERAL.test(prompt) ? [first, first] : called;
  const options = { textFor: (property: string) => textFor(property, prompt) };
  return (mayBeParallel ? wanted : [first]).map((tool, index) => ({
    id: toCallId(attemptId, index),
    name: tool.function.name,
    arguments: JSON.stringify(sampleFromSchema(tool.function.parameters ?? { type: 'object' }, options)),
  }));
}

function chooseTools(
  tools: readonly ChatTool[],
  choice: NonNullable<ChatRequest['tool_choice']>,
  prompt: string,
): readonly ChatTool[] {
  if (typeof choice === 'object')
    return tools.filter((tool) => tool.function.name === choice.function.name).slice(0, 1);
  const text = prompt.toLowerCase();
  const named = tools.filter((tool) => isNamed(tool.function.name, text));
  if (named.length > 0) return named;
  if (ASKS_FOR_ANY.test(prompt)) return ASKS_FOR_SEVERAL.test(prompt) ? tools : tools.slice(0, 1);
  return choice === 'required' ? tools.slice(0, 1) : [];
}

function isNamed(name: string, text: string): boolean {
  if (text.includes(name.toLowerCase())) return true;
  const words = name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.some((word) => word.length >= SHORTEST_WORD && !FILLER.has(word) && text.includes(word));
}

function textFor(property: string, prompt: string): string | undefined {
  if (/city|place|location|town|country/i.test(property)) return PLACE.exec(prompt)?.[1];
  if (/query|text|prompt|question|message|expression|input/i.test(property)) return prompt.slice(0, 200);
  return undefined;
}

/** Unique for the attempt, the same for the same attempt. */
function toCallId(attemptId: string, index: number): string {
  const [high, low] = hash64(`${attemptId}#${index}`);
  return `call_${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
}
