// The order of a streamed answer: message_start, each block with its start, deltas and stop (a ping after the first start),
// message_delta with why it ended and the usage, message_stop.
import { countTokens } from '../../answers/count-tokens.js';
import { type StreamedEvent, textEvents } from '../streamed-event.js';
import {
  type Block,
  blocksOfAnswer,
  type PlannedMessage,
  toCountsJson,
  toEmptyBlockJson,
  toStartJson,
  toStopJson,
} from './message-frame.js';
import { signThinking } from './sign-thinking.js';

/** The events of a whole answer. */
export function* messageEvents(message: PlannedMessage): Generator<StreamedEvent> {
  yield event('start', 'message_start', `"message":${toStartJson(message)}`);
  for (const [index, block] of blocksOfAnswer(message).entries()) {
    const start = `"index":${index},"content_block":${toEmptyBlockJson(block)}`;
    const name = block.call?.name;
    // The name of a tool is made of tokens like its arguments.
    if (name === undefined) yield event('frame', 'content_block_start', start);
    else yield { ...event('token', 'content_block_start', start), tokens: countTokens(name) };
    if (index === 0) yield event('frame', 'ping');
    yield* deltasOf(block, index, message);
    yield event('frame', 'content_block_stop', `"index":${index}`);
  }
  const usage = message.withUsage ? `,"usage":{${toCountsJson(message, message.outputTokens)}}` : '';
  yield event('finish', 'message_delta', `"delta":{${toStopJson(message.choice)},"container":null}${usage}`);
  yield event('done', 'message_stop');
}

const DELTAS = {
  thinking: ['thinking_delta', 'thinking'],
  text: ['text_delta', 'text'],
  tool_use: ['input_json_delta', 'partial_json'],
} as const;

function* deltasOf(
  block: Block,
  index: number,
  { choice, hidesThinking }: PlannedMessage,
): Generator<StreamedEvent> {
  const [type, field] = DELTAS[block.type];
  const head = `"index":${index},"delta":{"type":`;
  yield* textEvents(block.text, (piece) =>
    toText('content_block_delta', `${head}"${type}","${field}":${piece}}`),
  );
  if (block.type !== 'thinking') return;
  const signature = event(
    'frame',
    'content_block_delta',
    `${head}"signature_delta","signature":"${signThinking(choice.reasoning)}"}`,
  );
  // Thoughts that are not shown were made all the same.
  yield hidesThinking ? { ...signature, kind: 'token', tokens: countTokens(choice.reasoning) } : signature;
}

const event = (kind: StreamedEvent['kind'], type: string, fields?: string): StreamedEvent => ({
  kind,
  text: toText(type, fields),
  tokens: 0,
});

const toText = (type: string, fields?: string): string =>
  `event: ${type}\ndata: {"type":"${type}"${fields === undefined ? '' : `,${fields}`}}\n\n`;
