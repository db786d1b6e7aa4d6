// The order of a streamed answer: role, reasoning, text or tool calls, finish, usage when asked for, [DONE].
import { toErrorBody } from '../../http/openai-error.js';
import { type StreamedEvent, textEvents } from '../streamed-event.js';
import type { ChunkWriter } from './chat-frame.js';
import { countTokens } from '../../answers/count-tokens.js';
import type { PlannedAnswer, PlannedChoice } from '../../answers/plan-chat-answer.js';

/** The events of a whole answer. Of several choices one token each in turn, as real providers interleave them. */
export function* chatEvents(
  answer: PlannedAnswer,
  chunks: ChunkWriter,
  withUsage: boolean,
): Generator<StreamedEvent> {
  for (const index of answer.choices.keys()) {
    yield {
      kind: 'start',
      text: chunks.delta(index, '{"role":"assistant","content":"","refusal":null}'),
      tokens: 0,
    };
  }
  yield* inTurn(answer.choices.map((choice, index) => choiceEvents(choice, index, chunks)));
  for (const [index, { finishReason }] of answer.choices.entries()) {
    yield { kind: 'finish', text: chunks.finish(index, finishReason), tokens: 0 };
  }
  if (withUsage) yield { kind: 'finish', text: chunks.usage(answer), tokens: 0 };
  yield DONE;
}

const DONE: StreamedEvent = { kind: 'done', text: 'data: [DONE]\n\n', tokens: 0 };

/** What the stream says when it is told to fail. */
export function toErrorEvent(named: boolean): string {
  const message = 'The demo provider was told to fail in the middle of the stream.';
  const body = toErrorBody({ message, type: 'server_error', param: null, code: 'server_error' });
  return `${named ? 'event: error\n' : ''}data: ${body}\n\n`;
}

function* choiceEvents(choice: PlannedChoice, index: number, chunks: ChunkWriter): Generator<StreamedEvent> {
  yield* textEvents(choice.reasoning, (piece) => chunks.delta(index, `{"reasoning_content":${piece}}`));
  yield* textEvents(choice.text ?? '', (piece) => chunks.delta(index, `{"content":${piece}}`));
  for (const [place, call] of choice.toolCalls.entries()) {
    const head = `{"index":${place},"id":"${call.id}","type":"function","function":{"name":"${call.name}","arguments":""}}`;
    yield {
      kind: 'token',
      text: chunks.delta(index, `{"tool_calls":[${head}]}`),
      tokens: countTokens(call.name),
    };
    yield* textEvents(call.arguments, (piece) =>
      chunks.delta(index, `{"tool_calls":[{"index":${place},"function":{"arguments":${piece}}}]}`),
    );
  }
}

/** One of each in turn until all are at their end. */
function* inTurn(sources: readonly Generator<StreamedEvent>[]): Generator<StreamedEvent> {
  let going = [...sources];
  while (going.length > 0) {
    const still: Generator<StreamedEvent>[] = [];
    for (const source of going) {
      const next = source.next();
      if (next.done === true) continue;
      still.push(source);
      yield next.value;
    }
    going = still;
  }
}
