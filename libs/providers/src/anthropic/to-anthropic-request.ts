// OpenAI's chat request as Anthropic's Messages request. Every field of the request stands in one of the
// tables below: what is translated, what is left out, what is refused.
import {
  type UnknownRecord,
  parseRequest,
  readNumber,
  readPositive,
  readRecord,
  readText,
  readTexts,
} from '../translate/read-request.js';
import { asNumber } from '../translate/exact-json.js';
import { closeSchema } from '../translate/json-schema.js';
import { kindOf, TranslationRefusal } from '../translate/translation-refusal.js';
import { ANSWER_TOOL, toAnswerTool } from './answer-tool.js';
import { type ClaudeTraits, claudeTraits } from './claude-traits.js';
import { isBlank } from './to-anthropic-content.js';
import {
  type AnthropicConversation,
  type AnthropicMessage,
  toAnthropicConversation,
  toPlainMessage,
} from './to-anthropic-messages.js';
import { isThinking, planThinking, readThinkingWish, type ThinkingPlan } from './to-anthropic-thinking.js';
import { toAnthropicToolChoice, toAnthropicTools, toHistoryTools } from './to-anthropic-tools.js';

/** Fields that are translated. */
const TRANSLATED = [
  ...[
    'model',
    'messages',
    'stream',
    'max_tokens',
    'max_completion_tokens',
    'temperature',
    'top_p',
    'top_k',
    'stop',
  ],
  ...['tools', 'tool_choice', 'parallel_tool_calls', 'functions', 'function_call', 'response_format'],
  ...[
    'reasoning_effort',
    'reasoning',
    'thinking',
    'enable_thinking',
    'user',
    'safety_identifier',
    'metadata',
    'service_tier',
    'cache_control',
  ],
];

/** Fields without an equal that change nothing a caller can rely on: left out. */
const LEFT_OUT = [
  ...[
    'stream_options',
    'seed',
    'store',
    'prediction',
    'verbosity',
    'prompt_cache_key',
    'prompt_cache_retention',
  ],
  ...['prompt_cache_options', 'include_reasoning', 'usage'],
];

/** Fields without an equal that a caller relies on: refused, unless the value asks for nothing. */
const NEUTRAL: Readonly<Record<string, (value: unknown) => boolean>> = {
  n: (value) => asNumber(value) === 1,
  logprobs: (value) => value === false,
  top_logprobs: (value) => asNumber(value) === 0,
  frequency_penalty: (value) => asNumber(value) === 0,
  presence_penalty: (value) => asNumber(value) === 0,
  logit_bias: (value) => typeof value === 'object' && Object.keys(value ?? {}).length === 0,
  modalities: (value) => Array.isArray(value) && value.every((item) => item === 'text'),
};

const KNOWN: ReadonlySet<string> = new Set([...TRANSLATED, ...LEFT_OUT]);

/** What an answer in JSON is asked for with, when there is no schema to hold the model to it. */
const JSON_ONLY = 'Answer with one JSON object and nothing else: no prose, no code fence.';

/**
 * The body of a Messages request that means what this chat request means. Keys come in a fixed order, so
 * that the provider's prompt cache sees equal prefixes.
 * @throws TranslationRefusal when Anthropic cannot say it; nothing else
 */
export function toAnthropicRequest(bytes: Buffer, providerModel: string): UnknownRecord {
  const request = parseRequest(bytes);
  refuseUnsayable(request);
  const traits = claudeTraits(providerModel);
  const conversation = toAnthropicConversation(request['messages']);
  const format = readFormat(request['response_format']);
  const plan = planOf(request, { traits, conversation, format });
  const mayForce = !isThinking(plan);
  return {
    model: providerModel,
    max_tokens: plan.maxTokens,
    ...systemOf(conversation, format),
    messages: conversation.messages.map(toPlainMessage),
    ...toolsOf(request, { traits, conversation, format, mayForce }),
    ...(plan.thinking === undefined ? {} : { thinking: plan.thinking }),
    ...outputConfig(plan, format, traits),
    ...samplingOf(request, traits, mayForce),
    ...stopOf(request),
    ...labelsOf(request),
    ...(request['stream'] === true ? { stream: true } : {}),
  };
}

function refuseUnsayable(request: UnknownRecord): void {
  for (const [field, value] of Object.entries(request)) {
    if (value === null || KNOWN.has(field)) continue;
    const isNeutral = Object.hasOwn(NEUTRAL, field) ? NEUTRAL[field] : undefined;
    if (isNeutral?.(value) === true) continue;
    throw new TranslationRefusal(
      field,
      `(${kindOf(value)}) has no equal at the provider of this model. Leave it out, or use a model that knows it.`,
    );
  }
}

/** What the answer is to look like. */
type AnswerFormat =
  | { readonly kind: 'text' }
  | { readonly kind: 'json' }
  | { readonly kind: 'schema'; readonly schema: UnknownRecord };

function readFormat(value: unknown): AnswerFormat {
  const format = readRecord(value, 'response_format');
  const type = readText(format?.['type'], 'response_format.type');
  if (type === undefined || type === 'text') return { kind: 'text' };
  if (type === 'json_object') return { kind: 'json' };
  if (type !== 'json_schema') {
    throw new TranslationRefusal('response_format.type', 'must be one of text, json_object, json_schema.');
  }
  const described = readRecord(format?.['json_schema'], 'response_format.json_schema');
  const schema = readRecord(described?.['schema'], 'response_format.json_schema.schema');
  return schema === undefined ? { kind: 'json' } : { kind: 'schema', schema };
}

interface PlanFacts {
  readonly traits: ClaudeTraits;
  readonly conversation: AnthropicConversation;
  readonly format: AnswerFormat;
}

function planOf(request: UnknownRecord, facts: PlanFacts): ThinkingPlan {
  const { traits, conversation, format } = facts;
  const limit =
    readPositive(request['max_completion_tokens'], 'max_completion_tokens') ??
    readPositive(request['max_tokens'], 'max_tokens');
  const wish = readThinkingWish(request);
  const isForced = format.kind === 'schema' && !traits.structured;
  const isBroken = traits.thinking === 'budget' && !isThoughtUnbroken(conversation.messages);
  return planThinking(isForced || isBroken ? { kind: 'default' } : wish, traits, limit);
}

/**
 * Whether the turn under way may go on thinking: with a budget, Claude refuses a last assistant turn of
 * tool calls that does not begin with its signed thinking, and most clients of OpenAI's dialect drop it.
 */
function isThoughtUnbroken(messages: readonly AnthropicMessage[]): boolean {
  const isResult = messages.at(-1)?.content.some((block) => block['type'] === 'tool_result') ?? false;
  const calls = messages.at(-2);
  if (!isResult || calls === undefined) return messages.at(-1)?.role !== 'assistant';
  const first = calls.content[0]?.['type'];
  return first === 'thinking' || first === 'redacted_thinking';
}

function systemOf(conversation: AnthropicConversation, format: AnswerFormat): UnknownRecord {
  const blocks =
    format.kind === 'json'
      ? [...conversation.system, { type: 'text', text: JSON_ONLY }]
      : conversation.system;
  if (blocks.length === 0) return {};
  const isMarked = blocks.some((block) => block['cache_control'] !== undefined);
  return { system: isMarked ? blocks : blocks.map((block) => block['text']).join('\n\n') };
}

interface ToolFacts extends PlanFacts {
  readonly mayForce: boolean;
}

function toolsOf(request: UnknownRecord, facts: ToolFacts): UnknownRecord {
  const { traits, conversation, format, mayForce } = facts;
  const tools = toAnthropicTools(request, traits);
  if (format.kind === 'schema' && !traits.structured) {
    // With tools of the client's own, the model must call one of them or give its answer.
    const choice = tools.length === 0 ? { type: 'tool', name: ANSWER_TOOL } : { type: 'any' };
    return { tools: [...tools, toAnswerTool(format.schema)], tool_choice: choice };
  }
  if (tools.length === 0) return toHistoryTools(conversation.messages);
  const choice = toAnthropicToolChoice(request, mayForce);
  return { tools, ...(choice === undefined ? {} : { tool_choice: choice }) };
}

function outputConfig(plan: ThinkingPlan, format: AnswerFormat, traits: ClaudeTraits): UnknownRecord {
  const effort = plan.effort === undefined ? {} : { effort: plan.effort };
  const isStructured = format.kind === 'schema' && traits.structured;
  const shape = isStructured ? { format: { type: 'json_schema', schema: closeSchema(format.schema) } } : {};
  const config = { ...effort, ...shape };
  return Object.keys(config).length === 0 ? {} : { output_config: config };
}

/** While it thinks, and for newer models always, Claude refuses all but the defaults. */
function samplingOf(request: UnknownRecord, traits: ClaudeTraits, mayForce: boolean): UnknownRecord {
  const temperature = readNumber(request['temperature'], 'temperature');
  const topP = readNumber(request['top_p'], 'top_p');
  const topK = readPositive(request['top_k'], 'top_k');
  if (traits.sampling === 'none' || !mayForce) return {};
  const withTopP = topP !== undefined && (traits.sampling === 'both' || temperature === undefined);
  return {
    ...(temperature === undefined ? {} : { temperature: Math.min(1, Math.max(0, temperature)) }),
    ...(withTopP ? { top_p: topP } : {}),
    ...(topK === undefined ? {} : { top_k: topK }),
  };
}

function stopOf(request: UnknownRecord): UnknownRecord {
  const stops = readTexts(request['stop'], 'stop').filter((text) => !isBlank(text));
  return stops.length === 0 ? {} : { stop_sequences: stops };
}

const SERVICE_TIERS: ReadonlyMap<string, string> = new Map([
  ['auto', 'auto'],
  ['default', 'standard_only'],
  ['standard_only', 'standard_only'],
]);

function labelsOf(request: UnknownRecord): UnknownRecord {
  const userId =
    readText(request['safety_identifier'], 'safety_identifier') ??
    readText(request['user'], 'user') ??
    readText(readRecord(request['metadata'], 'metadata')?.['user_id'], 'metadata.user_id');
  const tier = SERVICE_TIERS.get(readText(request['service_tier'], 'service_tier') ?? '');
  const cacheControl = readRecord(request['cache_control'], 'cache_control');
  return {
    ...(userId === undefined ? {} : { metadata: { user_id: userId } }),
    ...(tier === undefined ? {} : { service_tier: tier }),
    ...(cacheControl === undefined ? {} : { cache_control: cacheControl }),
  };
}
