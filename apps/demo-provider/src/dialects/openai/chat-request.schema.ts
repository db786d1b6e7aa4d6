// What this provider reads of a chat request. Unknown fields pass: callers may send what a newer API knows.
import { z } from 'zod';
import { invalidRequest, type OpenAiError } from '../../http/openai-error.js';

const partSchema = z.object({
  type: z.string(),
  text: z.string().nullish(),
});

const messageSchema = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: z.union([z.string(), z.array(partSchema).min(1)]).nullish(),
  tool_call_id: z.string().nullish(),
  tool_calls: z
    .array(
      z.object({
        id: z.string(),
        function: z.object({ name: z.string(), arguments: z.string() }).nullish(),
      }),
    )
    .nullish(),
});

const toolSchema = z.object({
  type: z.literal('function'),
  function: z.object({
    name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
    parameters: z.record(z.string(), z.unknown()).nullish(),
  }),
});

const responseFormatSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({ name: z.string(), schema: z.record(z.string(), z.unknown()).nullish() }),
  }),
]);

const tokenLimit = z.number().int().min(1);

const chatRequestSchema = z.object({
  model: z.string().min(1),
  messages: z.array(messageSchema).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.object({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: tokenLimit.nullish(),
  max_completion_tokens: tokenLimit.nullish(),
  n: z.number().int().min(1).max(128).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  tools: z.array(toolSchema).min(1).max(128).nullish(),
  tool_choice: z
    .union([
      z.enum(['none', 'auto', 'required']),
      z.object({ type: z.literal('function'), function: z.object({ name: z.string() }) }),
    ])
    .nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  response_format: responseFormatSchema.nullish(),
  reasoning_effort: z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']).nullish(),
});

export type ChatRequest = z.infer<typeof chatRequestSchema>;
export type ChatMessage = ChatRequest['messages'][number];
export type ChatTool = NonNullable<ChatRequest['tools']>[number];
export type ReasoningEffort = NonNullable<ChatRequest['reasoning_effort']>;

/** A request that was read, or what is wrong with it. */
export type Parsed<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: OpenAiError };

/** Reads the body of a chat request. Never throws. */
export function parseChatRequest(body: unknown): Parsed<ChatRequest> {
  const parsed = parseWith(chatRequestSchema, body);
  if (!parsed.ok) return parsed;
  const error = findContradiction(parsed.value);
  return error === undefined ? parsed : { ok: false, error };
}

/** Reads a body by a schema; the first problem becomes an OpenAI error that names its field. Never throws. */
export function parseWith<T>(schema: z.ZodType<T>, body: unknown): Parsed<T> {
  const result = schema.safeParse(body);
  if (result.success) return { ok: true, value: result.data };
  const issue = result.error.issues[0];
  const param = toParam(issue?.path ?? []);
  const message = issue?.message ?? 'the body is not as expected';
  return { ok: false, error: invalidRequest(`Invalid value for '${param ?? 'body'}': ${message}.`, param) };
}

function findContradiction(request: ChatRequest): OpenAiError | undefined {
  if (isGiven(request.stream_options) && request.stream !== true) {
    return invalidRequest(
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      'stream_options',
    );
  }
  if (!isGiven(request.tools) && isGiven(request.tool_choice) && request.tool_choice !== 'none') {
    return invalidRequest("'tool_choice' is only allowed when 'tools' are specified.", 'tool_choice');
  }
  if (typeof request.tool_choice === 'object' && request.tool_choice !== null) {
    const { name } = request.tool_choice.function;
    if (request.tools?.some((tool) => tool.function.name === name) !== true) {
      return invalidRequest(`Tool choice '${name}' not found in 'tools'.`, 'tool_choice');
    }
  }
  return findOrphanToolMessage(request.messages);
}

/** Present and not null: both mean absent in this API. */
export const isGiven = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;

function findOrphanToolMessage(messages: readonly ChatMessage[]): OpenAiError | undefined {
  const called = new Set<string>();
  for (const [index, message] of messages.entries()) {
    for (const call of message.tool_calls ?? []) called.add(call.id);
    if (message.role === 'tool' && !called.has(message.tool_call_id ?? '')) {
      return invalidRequest(
        "Messages with role 'tool' must answer a preceding message with 'tool_calls'.",
        `messages[${index}].tool_call_id`,
      );
    }
  }
  return undefined;
}

/** `messages[0].role`, as OpenAI writes it. */
function toParam(path: readonly PropertyKey[]): string | null {
  if (path.length === 0) return null;
  return path
    .map((step, index) =>
      typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`,
    )
    .join('');
}
