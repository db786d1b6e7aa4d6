// What a streamed event costs in each direction, read in pieces of a network packet. After a build, run it with
//   node libs/providers/dist/translate/translated-streams.bench.js
// It prints CPU time for each event; the goal is at most 40 µs.
import { AnthropicStreamReader } from '../anthropic/anthropic-stream-reader.js';
import { ChatToMessagesReader } from '../messages/chat-to-messages-reader.js';
import { MessagesRelayReader } from '../messages/messages-relay-reader.js';
import type { StreamContext, StreamReader } from '../provider-adapter.js';

const EVENTS = 500;
const ROUNDS = 400;
const PACKET_BYTES = 1460;
const CONTEXT: StreamContext = {
  ...{
    endpoint: 'chat.completions',
    model: 'm',
    base64: false,
    createdSeconds: 1,
    answerId: 'e',
    hideUsage: false,
    choices: 1,
  },
};

const named = (event: { readonly type: string }): string =>
  `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const delta = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: ' a few words' } };
const MESSAGES = [
  named({
    type: 'message_start',
    ...{ message: { id: 'msg_1', model: 'claude', usage: { input_tokens: 9 } } },
  }),
  named({ type: 'content_block_start', ...{ index: 0, content_block: { type: 'text', text: '' } } }),
  named(delta).repeat(EVENTS),
  named({ type: 'content_block_stop', ...{ index: 0 } }),
  named({ type: 'message_delta', ...{ delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } } }),
  named({ type: 'message_stop' }),
].join('');
const chunk = (delta: object, finish: string | null): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`;
const CHAT = `${chunk({ content: ' a few words' }, null).repeat(EVENTS)}${chunk({}, 'stop')}data: [DONE]\n\n`;

const READERS: readonly (readonly [string, string, () => StreamReader])[] = [
  ['Anthropic to chat', MESSAGES, () => new AnthropicStreamReader(CONTEXT)],
  ['chat to Messages', CHAT, () => new ChatToMessagesReader(CONTEXT)],
  ['Messages relayed', MESSAGES, () => new MessagesRelayReader(CONTEXT)],
];

function read(bytes: Buffer, reader: StreamReader): void {
  for (let at = 0; at < bytes.length; at += PACKET_BYTES) reader.push(bytes.subarray(at, at + PACKET_BYTES));
  if (reader.end().kind !== 'complete') throw new Error('the stream was not read to its end');
}

for (const [name, text, open] of READERS) {
  const bytes = Buffer.from(text);
  for (let round = 0; round < ROUNDS / 4; round += 1) read(bytes, open());
  const cpu = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round += 1) read(bytes, open());
  const used = process.cpuUsage(cpu);
  const micros = (used.user + used.system) / ROUNDS / EVENTS;
  console.log(`${name.padEnd(20)} ${micros.toFixed(2)} µs of CPU an event`);
}
