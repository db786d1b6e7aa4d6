// The JSON around the words: written as text once per answer, because a load run asks for thousands a second.
import type { PlannedAnswer, PlannedChoice } from '../../answers/plan-chat-answer.js';

/** What all chunks of an answer share. */
export interface AnswerIdentity {
  readonly id: string;
  /** Unix seconds. */
  readonly created: number;
  readonly model: string;
}

/** The `usage` object as JSON text. */
export function toUsageJson({ promptTokens, completionTokens, reasoningTokens }: PlannedAnswer): string {
  return (
    `{"prompt_tokens":${promptTokens},"completion_tokens":${completionTokens},` +
    `"total_tokens":${promptTokens + completionTokens},` +
    `"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},` +
    `"completion_tokens_details":{"reasoning_tokens":${reasoningTokens},"audio_tokens":0,` +
    `"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}`
  );
}

/** The body of a plain answer. */
export function toChatCompletionJson(
  identity: AnswerIdentity,
  answer: PlannedAnswer,
  withUsage: boolean,
): string {
  const choices = answer.choices.map(toChoiceJson).join(',');
  const usage = withUsage ? `"usage":${toUsageJson(answer)},` : '';
  return (
    `{"id":${JSON.stringify(identity.id)},"object":"chat.completion","created":${identity.created},` +
    `"model":${JSON.stringify(identity.model)},"choices":[${choices}],${usage}` +
    `"service_tier":"default","system_fingerprint":"fp_demo"}`
  );
}

function toChoiceJson({ reasoning, text, toolCalls, finishReason }: PlannedChoice, index: number): string {
  const calls = toolCalls.map(
    (call) =>
      `{"id":"${call.id}","type":"function","function":{"name":"${call.name}","arguments":${JSON.stringify(call.arguments)}}}`,
  );
  return (
    `{"index":${index},"message":{"role":"assistant","content":${JSON.stringify(text)},` +
    (reasoning === '' ? '' : `"reasoning_content":${JSON.stringify(reasoning)},`) +
    (calls.length === 0 ? '' : `"tool_calls":[${calls.join(',')}],`) +
    `"refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"${finishReason}"}`
  );
}

/** Writes the events of one streamed answer. */
export class ChunkWriter {
  private readonly head: string;
  private readonly tail: string;

  /** @param withUsage the caller asked for usage: all chunks carry `usage`, null but for the last. */
  constructor(identity: AnswerIdentity, withUsage: boolean) {
    this.head =
      `data: {"id":${JSON.stringify(identity.id)},"object":"chat.completion.chunk","created":${identity.created},` +
      `"model":${JSON.stringify(identity.model)},"service_tier":"default","system_fingerprint":"fp_demo","choices":[`;
    this.tail = withUsage ? '],"usage":null}\n\n' : ']}\n\n';
  }

  /** A chunk of one choice; `delta` is JSON text. */
  delta(choice: number, delta: string): string {
    return `${this.head}{"index":${choice},"delta":${delta},"logprobs":null,"finish_reason":null}${this.tail}`;
  }

  finish(choice: number, reason: PlannedChoice['finishReason']): string {
    return `${this.head}{"index":${choice},"delta":{},"logprobs":null,"finish_reason":"${reason}"}${this.tail}`;
  }

  usage(answer: PlannedAnswer): string {
    return `${this.head}],"usage":${toUsageJson(answer)}}\n\n`;
  }
}
