// The JSON around the words: written as text once per answer, because a load run asks for thousands a second.
import type { PlannedChoice } from '../../answers/plan-chat-answer.js';
import type { PromptCount } from './count-prompt.js';
import { signThinking } from './sign-thinking.js';

/** An answer that has been planned, as this dialect counts it. */
export interface PlannedMessage {
  readonly id: string;
  readonly model: string;
  readonly choice: PlannedChoice;
  readonly prompt: PromptCount;
  readonly outputTokens: number;
  readonly thinkingTokens: number;
  /** Thoughts are sent empty, only their signature goes out. */
  readonly hidesThinking: boolean;
  readonly withUsage: boolean;
}

/** Text that fits between `{` and `}` of a block. */
export interface Block {
  readonly type: 'thinking' | 'text' | 'tool_use';
  readonly text: string;
  /** What a call begins with. */
  readonly call?: { readonly id: string; readonly name: string };
}

/** The blocks of an answer in their order. */
export function blocksOfAnswer({ choice, hidesThinking }: PlannedMessage): readonly Block[] {
  const { reasoning, text, toolCalls } = choice;
  return [
    ...(reasoning === '' ? [] : [{ type: 'thinking' as const, text: hidesThinking ? '' : reasoning }]),
    ...(text === null || text === '' ? [] : [{ type: 'text' as const, text }]),
    ...toolCalls.map(({ id, name, arguments: input }) => ({
      type: 'tool_use' as const,
      text: input,
      call: { id, name },
    })),
  ];
}

/** The body of a plain answer. */
export function toMessageJson(message: PlannedMessage): string {
  const blocks = blocksOfAnswer(message).map((block) => {
    if (block.call !== undefined) return toCallJson(block.call, toInputJson(block.text));
    const value = JSON.stringify(block.text);
    if (block.type === 'text') return `{"type":"text","text":${value},"citations":null}`;
    return `{"type":"thinking","thinking":${value},"signature":"${signThinking(message.choice.reasoning)}"}`;
  });
  return toMessage(message, {
    content: `[${blocks.join(',')}]`,
    stop: toStopJson(message.choice),
    outputTokens: message.outputTokens,
  });
}

/** The message without its content: what a stream begins with. */
export const toStartJson = (message: PlannedMessage): string =>
  toMessage(message, {
    content: '[]',
    stop: '"stop_reason":null,"stop_sequence":null,"stop_details":null',
    outputTokens: 1,
  });

/** An empty block: what a block of a stream begins with. */
export function toEmptyBlockJson({ type, call }: Block): string {
  if (call !== undefined) return toCallJson(call, '{}');
  return type === 'text'
    ? '{"type":"text","text":"","citations":null}'
    : '{"type":"thinking","thinking":"","signature":""}';
}

/** `"stop_reason":…` and what belongs to it. */
export function toStopJson({ finishReason, stopWord }: PlannedChoice): string {
  return (
    `"stop_reason":"${toStopReason(finishReason, stopWord)}","stop_sequence":${JSON.stringify(stopWord)},` +
    '"stop_details":null'
  );
}

function toStopReason(reason: PlannedChoice['finishReason'], stopWord: string | null): string {
  if (reason === 'tool_calls') return 'tool_use';
  if (reason === 'length') return 'max_tokens';
  return stopWord === null ? 'end_turn' : 'stop_sequence';
}

/** The counts that both ends of a stream have. */
export function toCountsJson({ prompt, thinkingTokens }: PlannedMessage, outputTokens: number): string {
  return (
    `"input_tokens":${prompt.fresh},"cache_creation_input_tokens":${prompt.written},` +
    `"cache_read_input_tokens":${prompt.read},"output_tokens":${outputTokens},` +
    `"output_tokens_details":{"thinking_tokens":${thinkingTokens}},"server_tool_use":null`
  );
}

interface MessageParts {
  readonly content: string;
  readonly stop: string;
  readonly outputTokens: number;
}

function toMessage(message: PlannedMessage, { content, stop, outputTokens }: MessageParts): string {
  const { prompt, withUsage } = message;
  const creation =
    `"cache_creation":{"ephemeral_5m_input_tokens":${prompt.written - prompt.writtenForHour},` +
    `"ephemeral_1h_input_tokens":${prompt.writtenForHour}}`;
  const usage = `,"usage":{${toCountsJson(message, outputTokens)},${creation},"service_tier":"standard","inference_geo":null,"speed":null}`;
  return (
    `{"id":${JSON.stringify(message.id)},"type":"message","role":"assistant","model":${JSON.stringify(message.model)},` +
    `"content":${content},${stop},"container":null,"diagnostics":null${withUsage ? usage : ''}}`
  );
}

const toCallJson = ({ id, name }: NonNullable<Block['call']>, input: string): string =>
  `{"type":"tool_use","id":"${id}","name":"${name}","input":${input},"caller":{"type":"direct"}}`;

/** Arguments that the token limit has cut are no JSON any more, and an input is an object. */
function toInputJson(text: string): string {
  try {
    JSON.parse(text);
    return text;
  } catch {
    // Cut off in the middle: a plain answer cannot show half an object.
    return '{}';
  }
}
