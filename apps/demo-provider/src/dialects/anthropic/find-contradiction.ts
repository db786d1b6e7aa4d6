// What is wrong with a request whose fields are all well-formed: the rules between them.
import { blocksOf } from './message-blocks.js';
import type { CountRequest, MessagesRequest, RequestMessage } from './messages-request.schema.js';
import { isOwnThinking } from './sign-thinking.js';

/** The first broken rule, as Anthropic words it; undefined when there is none. */
export function findContradiction(request: CountRequest & Partial<MessagesRequest>): string | undefined {
  return (
    findBadOrder(request.messages) ??
    findBadToolPairs(request.messages) ??
    findBadTools(request) ??
    findBadThinking(request)
  );
}

function findBadOrder(messages: readonly RequestMessage[]): string | undefined {
  if (messages.find(({ role }) => role !== 'system')?.role !== 'user') {
    return 'messages: first message must use the "user" role';
  }
  for (const [index, { role, content }] of messages.entries()) {
    const isLast = index === messages.length - 1;
    const isEmpty = typeof content === 'string' ? content.trim() === '' : content.length === 0;
    if (isEmpty && !(isLast && role === 'assistant')) {
      return `messages.${index}: all messages must have non-empty content except for the optional final assistant message`;
    }
  }
  return undefined;
}

/** Each call is answered at the start of the next message, and nothing else is. */
function findBadToolPairs(messages: readonly RequestMessage[]): string | undefined {
  const turns = mergeTurns(messages);
  const seen = new Set<string>();
  let open = new Set<string>();
  for (const [index, turn] of turns.entries()) {
    const blocks = blocksOf(turn);
    const results = blocks.filter((block) => block.type === 'tool_result');
    const answered = new Set(results.map((result) => result.tool_use_id));
    const stranger = [...answered].find((id) => !open.has(id));
    if (stranger !== undefined) {
      return `messages.${index}.content.0: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stranger}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
    }
    const missing = [...open].filter((id) => !answered.has(id));
    if (missing.length > 0) {
      return `messages.${index - 1}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
    }
    open = new Set();
    for (const block of blocks) {
      if (block.type !== 'tool_use') continue;
      if (turn.role !== 'assistant')
        return `messages.${index}: \`tool_use\` blocks can only be in \`assistant\` messages`;
      if (seen.has(block.id)) return `messages.${index}: \`tool_use\` ids must be unique`;
      seen.add(block.id);
      open.add(block.id);
    }
  }
  return undefined;
}

/** Neighbours of one role are one turn. */
function mergeTurns(messages: readonly RequestMessage[]): readonly RequestMessage[] {
  const turns: RequestMessage[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    if (last?.role !== message.role) turns.push(message);
    else turns[turns.length - 1] = { ...last, content: [...blocksOf(last), ...blocksOf(message)] };
  }
  return turns;
}

function findBadTools({ tools, tool_choice: choice, messages }: CountRequest): string | undefined {
  const names = (tools ?? []).map(({ name }) => name);
  if (new Set(names).size < names.length) return 'tools: Tool names must be unique.';
  const custom = (tools ?? []).findIndex(
    (tool) => (tool.type ?? 'custom') === 'custom' && !tool.input_schema,
  );
  if (custom >= 0) return `tools.${custom}.custom.input_schema: Field required`;
  if (choice?.type === 'tool' && !names.includes(choice.name)) {
    return `Tool '${choice.name}' not found in provided tools`;
  }
  if ((choice?.type === 'any' || choice?.type === 'auto') && names.length === 0) {
    return 'tool_choice: may only be specified while providing tools';
  }
  const hasHistory = messages.some((message) => blocksOf(message).some(({ type }) => type === 'tool_use'));
  if (hasHistory && names.length === 0) {
    return 'Requests which have `tool_use` or `tool_result` blocks in messages must define tools';
  }
  return undefined;
}

function findBadThinking(request: CountRequest & Partial<MessagesRequest>): string | undefined {
  const { thinking, tool_choice: choice, messages, max_tokens: most, temperature } = request;
  for (const [index, message] of messages.entries()) {
    for (const [place, block] of blocksOf(message).entries()) {
      if (block.type === 'thinking' && !isOwnThinking(block.thinking, block.signature)) {
        return `messages.${index}.content.${place}: Invalid \`signature\` in \`thinking\` block`;
      }
    }
  }
  const isOn = thinking?.type === 'enabled' || thinking?.type === 'adaptive';
  if (!isOn) return undefined;
  if (choice?.type === 'any' || choice?.type === 'tool') {
    return 'Thinking may not be enabled when tool_choice forces tool use.';
  }
  if (temperature !== null && temperature !== undefined && temperature !== 1) {
    return '`temperature` may only be set to 1 when thinking is enabled.';
  }
  if (thinking.type !== 'enabled') return undefined;
  if (most !== undefined && thinking.budget_tokens >= most) {
    return '`max_tokens` must be greater than `thinking.budget_tokens`.';
  }
  return findLostThinking(messages);
}

/** In the midst of a turn of tool calls the thoughts that led to them have to come back. */
function findLostThinking(messages: readonly RequestMessage[]): string | undefined {
  const [calling, answering] = mergeTurns(messages).slice(-2);
  if (calling?.role !== 'assistant' || answering === undefined) return undefined;
  if (!blocksOf(answering).some(({ type }) => type === 'tool_result')) return undefined;
  const first = blocksOf(calling)[0]?.type;
  if (first === 'thinking' || first === 'redacted_thinking') return undefined;
  return `messages.${messages.length - 2}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first ?? ''}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block.`;
}
