// What this provider reads of a Messages request. Fields that the API does not have are refused, as Anthropic does.
import { z } from 'zod';
import { invalidRequest, type OpenAiError } from '../../http/openai-error.js';
import type { Parsed } from '../openai/chat-request.schema.js';
import { findContradiction } from './find-contradiction.js';

const cacheControl = z
  .object({ type: z.literal('ephemeral'), ttl: z.enum(['5m', '1h']).nullish() })
  .nullish();

const textBlock = z.looseObject({
  type: z.literal('text'),
  text: z
    .string()
    .refine((text) => text.trim() !== '', 'text content blocks must contain non-whitespace text'),
  cache_control: cacheControl,
});

const source = z.discriminatedUnion('type', [
  z.object({ type: z.literal('base64'), media_type: z.string(), data: z.base64() }),
  z.object({ type: z.literal('url'), url: z.url({ protocol: /^https?$/ }) }),
  z.object({ type: z.literal('file'), file_id: z.string() }),
  z.object({ type: z.literal('text'), media_type: z.literal('text/plain'), data: z.string() }),
  z.looseObject({ type: z.literal('content') }),
]);
const attachment = z.looseObject({
  type: z.enum(['image', 'document']),
  source,
  cache_control: cacheControl,
});

const id = z.string().regex(/^[a-zA-Z0-9_-]+$/, "String should match pattern '^[a-zA-Z0-9_-]+$'");

const toolUse = z.looseObject({
  type: z.literal('tool_use'),
  id,
  name: z.string().min(1).max(200),
  input: z.record(z.string(), z.unknown()),
  cache_control: cacheControl,
});

const toolResult = z.looseObject({
  type: z.literal('tool_result'),
  tool_use_id: id,
  content: z
    .union([z.string(), z.array(z.looseObject({ type: z.string(), text: z.string().nullish() }))])
    .nullish(),
  is_error: z.boolean().nullish(),
  cache_control: cacheControl,
});

const thinking = z.looseObject({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() });
/** Blocks that other tools of the API leave in a history: taken, and not looked into. */
const otherBlock = z.looseObject({
  type: z.enum([
    'redacted_thinking',
    'search_result',
    'server_tool_use',
    'web_search_tool_result',
    'web_fetch_tool_result',
    'code_execution_tool_result',
    'bash_code_execution_tool_result',
    'text_editor_code_execution_tool_result',
    'tool_search_tool_result',
    'mcp_tool_use',
    'mcp_tool_result',
    'container_upload',
  ]),
  cache_control: cacheControl,
});

const block = z.discriminatedUnion('type', [
  textBlock,
  attachment,
  toolUse,
  toolResult,
  thinking,
  otherBlock,
]);

const message = z.strictObject({
  role: z.enum(['user', 'assistant', 'system']),
  content: z.union([z.string(), z.array(block)]),
});

const tool = z.looseObject({
  type: z.string().nullish(),
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/, "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"),
  input_schema: z.looseObject({ type: z.literal('object') }).nullish(),
  cache_control: cacheControl,
});

const parallel = { disable_parallel_tool_use: z.boolean().nullish() };

const counted = {
  model: z.string().min(1),
  messages: z.array(message).min(1),
  system: z.union([z.string(), z.array(textBlock)]).nullish(),
  tools: z.array(tool).nullish(),
  tool_choice: z
    .discriminatedUnion('type', [
      z.strictObject({ type: z.enum(['auto', 'any']), ...parallel }),
      z.strictObject({ type: z.literal('none') }),
      z.strictObject({ type: z.literal('tool'), name: z.string(), ...parallel }),
    ])
    .nullish(),
  thinking: z
    .discriminatedUnion('type', [
      z.looseObject({ type: z.literal('enabled'), budget_tokens: z.int().min(1024) }),
      z.looseObject({ type: z.enum(['adaptive', 'disabled', 'between_tools']) }),
    ])
    .nullish(),
  output_config: z
    .looseObject({
      effort: z.enum(['low', 'medium', 'high', 'xhigh', 'max']).nullish(),
      format: z
        .object({ type: z.literal('json_schema'), schema: z.record(z.string(), z.unknown()) })
        .nullish(),
    })
    .nullish(),
  cache_control: cacheControl,
};

/** Read and without an effect here. */
const ignored = Object.fromEntries(
  [
    'container',
    'context_management',
    'diagnostics',
    'inference_geo',
    'mcp_servers',
    'metadata',
    'output_format',
  ]
    .concat(['service_tier', 'speed', 'user_profile_id', 'workspace_id'])
    .map((name) => [name, z.unknown().optional()]),
);

const messagesRequestSchema = z.strictObject({
  ...ignored,
  ...counted,
  max_tokens: z.int().min(1),
  stream: z.boolean().nullish(),
  stop_sequences: z
    .array(z.string().refine((text) => text.trim() !== '', 'each stop sequence must contain non-whitespace'))
    .nullish(),
  temperature: z.number().min(0).max(1).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  top_k: z.int().min(0).nullish(),
});

const countRequestSchema = z.strictObject({ ...ignored, ...counted });

export type CountRequest = z.infer<typeof countRequestSchema>;
export type MessagesRequest = CountRequest & Omit<z.infer<typeof messagesRequestSchema>, keyof CountRequest>;
export type MessageBlock = z.infer<typeof block>;
export type RequestMessage = CountRequest['messages'][number];

/** Reads the body of `POST /v1/messages`. Never throws. */
export const parseMessagesRequest = (body: unknown): Parsed<MessagesRequest> =>
  parse(messagesRequestSchema, body);

/** Reads the body of `POST /v1/messages/count_tokens`. Never throws. */
export const parseCountRequest = (body: unknown): Parsed<CountRequest> => parse(countRequestSchema, body);

function parse<T extends CountRequest>(schema: z.ZodType<T>, body: unknown): Parsed<T> {
  const result = schema.safeParse(body, { reportInput: true });
  const problem = result.success ? findContradiction(result.data) : toProblem(result.error.issues[0]);
  if (result.success && problem === undefined) return { ok: true, value: result.data };
  return { ok: false, error: toError(problem) };
}

const toError = (problem = 'the body is not as expected'): OpenAiError => invalidRequest(problem, null);

/** The field's path and what is wrong with it, in Anthropic's words where they are known. */
function toProblem(issue: z.core.$ZodIssue | undefined): string | undefined {
  if (issue === undefined) return undefined;
  if (issue.code === 'unrecognized_keys') {
    return `${[...issue.path, issue.keys[0] ?? ''].join('.')}: Extra inputs are not permitted`;
  }
  const isMissing = issue.code === 'invalid_type' && issue.input === undefined;
  // Of a union the branch that got furthest says most.
  const branches = issue.code === 'invalid_union' ? issue.errors.map((issues) => issues[0]) : [];
  const deepest = branches.toSorted((one, other) => (other?.path.length ?? 0) - (one?.path.length ?? 0))[0];
  if (deepest !== undefined && deepest.path.length > 0) {
    return toProblem({ ...deepest, path: [...issue.path, ...deepest.path] });
  }
  return `${issue.path.join('.') || 'body'}: ${isMissing ? 'Field required' : issue.message}`;
}
