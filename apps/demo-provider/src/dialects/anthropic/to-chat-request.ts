// What a Messages request asks for, in the terms that answers are planned in.
import type { ChatMessage, ChatRequest, ChatTool, ReasoningEffort } from '../openai/chat-request.schema.js';
import { blocksOf } from './message-blocks.js';
import type {
  CountRequest,
  MessageBlock,
  MessagesRequest,
  RequestMessage,
} from './messages-request.schema.js';

/** Never throws. Tools of the API itself are not called here, thoughts of earlier turns say nothing. */
export function toChatRequest(request: CountRequest & Partial<MessagesRequest>): ChatRequest {
  const { model, max_tokens: most, stop_sequences: stop, tool_choice: choice } = request;
  const tools = (request.tools ?? []).flatMap(toTool);
  const format = request.output_config?.format ?? undefined;
  return {
    model,
    messages: toChatMessages(request),
    ...(most === undefined ? {} : { max_tokens: most }),
    ...(stop === undefined ? {} : { stop }),
    ...(tools.length === 0 ? {} : { tools, tool_choice: toToolChoice(choice) }),
    ...(choice !== null && choice !== undefined && 'disable_parallel_tool_use' in choice
      ? { parallel_tool_calls: choice.disable_parallel_tool_use !== true }
      : {}),
    ...(format === undefined
      ? {}
      : { response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: format.schema } } }),
    ...toEffort(request),
  };
}

/** The system text first; each result of a tool is a message of its own, after what else its message says. */
export function toChatMessages({ system, messages }: CountRequest): ChatMessage[] {
  const isEmpty = system === null || system === undefined || system === '' || system.length === 0;
  const first: ChatMessage[] = isEmpty ? [] : [{ role: 'system', content: toSystemContent(system) }];
  return [...first, ...messages.flatMap(toMessages)];
}

const toSystemContent = (system: NonNullable<CountRequest['system']>): ChatMessage['content'] =>
  typeof system === 'string' ? system : system.map(({ text }) => ({ type: 'text', text }));

/** The messages that one message comes to. */
export function toMessages(message: RequestMessage): ChatMessage[] {
  const { role } = message;
  const blocks = blocksOf(message);
  const calls = blocks.filter((block) => block.type === 'tool_use');
  const results = blocks.filter((block) => block.type === 'tool_result');
  const parts = blocks.flatMap(toPart);
  const said: ChatMessage = {
    role,
    content: parts.length === 0 ? null : parts,
    ...(calls.length === 0
      ? {}
      : {
          tool_calls: calls.map(({ id, name, input }) => ({
            id,
            function: { name, arguments: JSON.stringify(input) },
          })),
        }),
  };
  const isSaid = parts.length > 0 || calls.length > 0 || results.length === 0;
  return [...(isSaid ? [said] : []), ...results.map(toToolMessage)];
}

function toPart(block: MessageBlock): { type: string; text?: string | null }[] {
  if (block.type === 'text') return [{ type: 'text', text: block.text }];
  if (block.type === 'image') return [{ type: 'image_url' }];
  if (block.type === 'document') return [{ type: 'file' }];
  return [];
}

function toToolMessage(result: Extract<MessageBlock, { type: 'tool_result' }>): ChatMessage {
  const { content, tool_use_id: id } = result;
  const text = typeof content === 'string' ? content : undefined;
  const parts = Array.isArray(content)
    ? content.map((part) => ({
        type: part.type === 'image' ? 'image_url' : part.type,
        text: part.text ?? null,
      }))
    : [];
  return { role: 'tool', tool_call_id: id, content: text ?? (parts.length === 0 ? null : parts) };
}

function toTool({ name, input_schema: schema }: NonNullable<CountRequest['tools']>[number]): ChatTool[] {
  if (schema === null || schema === undefined) return [];
  return [{ type: 'function', function: { name, parameters: schema } }];
}

function toToolChoice(choice: CountRequest['tool_choice']): NonNullable<ChatRequest['tool_choice']> {
  if (choice?.type === 'tool') return { type: 'function', function: { name: choice.name } };
  if (choice?.type === 'any') return 'required';
  return choice?.type === 'none' ? 'none' : 'auto';
}

/** Nothing when the model decides. */
function toEffort({ thinking, output_config: output }: CountRequest): { reasoning_effort?: ReasoningEffort } {
  if (thinking?.type === 'disabled') return { reasoning_effort: 'none' };
  if (thinking === null || thinking === undefined) return {};
  return { reasoning_effort: output?.effort ?? 'medium' };
}
