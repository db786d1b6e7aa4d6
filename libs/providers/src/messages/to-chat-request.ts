// Anthropic's Messages request as OpenAI's chat request. Fields that OpenAI does not know are left out:
// clients of this dialect send many that are hints (betas, containers, context management).
import type { ProviderConfig } from '@sluice/config-schema';
import { asRecord } from '../wire/read-unknown.js';
import { isStrictSchema, toToolSchema } from '../translate/json-schema.js';
import { fromThinkingBudget } from '../translate/reasoning-effort.js';
import {
  parseRequest,
  readList,
  readNumber,
  readPositive,
  readRecord,
  readText,
  readTexts,
  requireRecord,
  requireText,
  type UnknownRecord,
} from '../translate/read-request.js';
import { TranslationRefusal } from '../translate/translation-refusal.js';
import { toChatTurns } from './chat-turns.js';
import { toSystemText } from './to-chat-content.js';

/**
 * The body of a chat request that means what this Messages request means. Keys come in a fixed order, so
 * that prompt caches see equal prefixes.
 * @throws TranslationRefusal when OpenAI's dialect cannot say it; nothing else
 */
export function toChatRequest(bytes: Buffer, provider: ProviderConfig, providerModel: string): UnknownRecord {
  const request = parseRequest(bytes);
  const tools = readList(request['tools'], 'tools').map(toTool);
  const isStream = request['stream'] === true;
  return {
    model: providerModel,
    messages: toChatMessages(request),
    ...limitOf(request, provider),
    ...(tools.length === 0 ? {} : { tools, ...toToolChoice(request) }),
    ...formatOf(request),
    ...effortOf(request),
    ...samplingOf(request),
    ...userOf(request, provider),
    ...(isStream ? { stream: true } : {}),
    ...(isStream && provider.quirks.streamOptions ? { stream_options: { include_usage: true } } : {}),
  };
}

function toChatMessages(request: UnknownRecord): UnknownRecord[] {
  const system = toSystemText(request['system'], 'system');
  const turns = toChatTurns(request['messages']);
  return system === '' ? turns : [{ role: 'system', content: system }, ...turns];
}

/** OpenAI's reasoning models refuse `max_tokens`; many look-alikes know nothing else. */
function limitOf(request: UnknownRecord, provider: ProviderConfig): UnknownRecord {
  const limit = readPositive(request['max_tokens'], 'max_tokens');
  if (limit === undefined) return {};
  return provider.type === 'openai' ? { max_completion_tokens: limit } : { max_tokens: limit };
}

function toTool(item: unknown, index: number): UnknownRecord {
  const field = `tools.${index}`;
  const tool = requireRecord(item, field);
  const type = tool['type'];
  if (type !== undefined && type !== null && type !== 'custom') {
    throw new TranslationRefusal(
      `${field}.type`,
      'must be "custom": the provider of this model has no other tools.',
    );
  }
  const description = readText(tool['description'], `${field}.description`);
  const parameters = toToolSchema(readRecord(tool['input_schema'], `${field}.input_schema`));
  // Anthropic's strict tools may have properties that are optional, OpenAI's may not.
  const isStrict = tool['strict'] === true && isStrictSchema(parameters);
  return {
    type: 'function',
    function: {
      name: requireText(tool['name'], `${field}.name`),
      ...(description === undefined ? {} : { description }),
      parameters,
      ...(isStrict ? { strict: true } : {}),
    },
  };
}

const CHOICES: ReadonlyMap<string, string> = new Map([
  ['auto', 'auto'],
  ['any', 'required'],
  ['none', 'none'],
]);

function toToolChoice(request: UnknownRecord): UnknownRecord {
  const choice = readRecord(request['tool_choice'], 'tool_choice');
  if (choice === undefined) return {};
  const type = requireText(choice['type'], 'tool_choice.type');
  const parallel = choice['disable_parallel_tool_use'] === true ? { parallel_tool_calls: false } : {};
  if (type === 'tool') {
    const name = requireText(choice['name'], 'tool_choice.name');
    return { tool_choice: { type: 'function', function: { name } }, ...parallel };
  }
  const named = CHOICES.get(type);
  if (named === undefined)
    throw new TranslationRefusal('tool_choice.type', 'must be one of auto, any, tool, none.');
  return { tool_choice: named, ...parallel };
}

function formatOf(request: UnknownRecord): UnknownRecord {
  const config = asRecord(request['output_config']);
  const format =
    readRecord(config?.['format'], 'output_config.format') ??
    readRecord(request['output_format'], 'output_format');
  const schema = readRecord(format?.['schema'], 'output_config.format.schema');
  if (schema === undefined) return {};
  const described = { name: 'answer', schema, ...(isStrictSchema(schema) ? { strict: true } : {}) };
  return { response_format: { type: 'json_schema', json_schema: described } };
}

/** An effort is only sent where the client asked for thinking: models that do not reason refuse the field. */
function effortOf(request: UnknownRecord): UnknownRecord {
  const thinking = readRecord(request['thinking'], 'thinking');
  if (thinking === undefined || readText(thinking['type'], 'thinking.type') === 'disabled') return {};
  const tokens = readPositive(thinking['budget_tokens'], 'thinking.budget_tokens');
  const effort =
    readText(asRecord(request['output_config'])?.['effort'], 'output_config.effort') ??
    (tokens === undefined ? undefined : fromThinkingBudget(tokens));
  return effort === undefined ? {} : { reasoning_effort: effort };
}

function samplingOf(request: UnknownRecord): UnknownRecord {
  const temperature = readNumber(request['temperature'], 'temperature');
  const topP = readNumber(request['top_p'], 'top_p');
  const stops = readTexts(request['stop_sequences'], 'stop_sequences');
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(stops.length === 0 ? {} : { stop: stops }),
  };
}

/** A label only: look-alikes that refuse unknown fields would refuse the request for it. */
function userOf(request: UnknownRecord, provider: ProviderConfig): UnknownRecord {
  const user = readText(readRecord(request['metadata'], 'metadata')?.['user_id'], 'metadata.user_id');
  return user === undefined || provider.type !== 'openai' ? {} : { user };
}
