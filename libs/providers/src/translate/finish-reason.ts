// Why an answer ended, in either dialect.

/** OpenAI's `finish_reason`. */
export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter';
/** Anthropic's `stop_reason`, as far as it is ever made here. */
export type StopReason = 'end_turn' | 'max_tokens' | 'tool_use' | 'refusal';

const FROM_STOP_REASON: ReadonlyMap<string, FinishReason> = new Map([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['pause_turn', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
]);

const FROM_FINISH_REASON: ReadonlyMap<string, StopReason> = new Map([
  ['stop', 'end_turn'],
  ['length', 'max_tokens'],
  ['model_length', 'max_tokens'],
  ['tool_calls', 'tool_use'],
  ['function_call', 'tool_use'],
  ['content_filter', 'refusal'],
]);

/** Finish reasons that are no end but a failure of the provider. */
const FAILED: ReadonlySet<string> = new Set(['error', 'insufficient_system_resource']);

/**
 * Anthropic's reason in OpenAI's words; unknown ones are `stop`.
 * @param hasCalls whether tool calls are part of the answer for the client
 */
export function toFinishReason(stopReason: string, hasCalls: boolean): FinishReason {
  const reason = FROM_STOP_REASON.get(stopReason) ?? 'stop';
  // A call that is hidden from the client (a forced answer tool) must not be announced, and one that is not must be.
  if (reason === 'tool_calls' && !hasCalls) return 'stop';
  return reason === 'stop' && hasCalls ? 'tool_calls' : reason;
}

/**
 * OpenAI's reason in Anthropic's words; several servers say `stop` after tool calls, some the contrary.
 * @param hasCalls whether tool calls are part of the answer for the client
 */
export function toStopReason(finishReason: string, hasCalls: boolean): StopReason {
  const reason = FROM_FINISH_REASON.get(finishReason) ?? 'end_turn';
  // A client that is told to run a tool and finds none to run is stuck.
  if (reason === 'tool_use' && !hasCalls) return 'end_turn';
  return reason === 'end_turn' && hasCalls ? 'tool_use' : reason;
}

/** Whether a finish reason says that the provider failed. */
export const isFailedFinish = (finishReason: string): boolean => FAILED.has(finishReason);
