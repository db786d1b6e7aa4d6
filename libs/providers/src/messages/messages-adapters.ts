// How a client of Anthropic's dialect (`/v1/messages`) is served, by kind of provider. The shapes are the
// ordinary adapter's, so the walk does not know which dialect it serves.
import { isUtf8 } from 'node:buffer';
import { anthropicAddress } from '../anthropic/anthropic.adapter.js';
import { readAnthropicErrorEvent, readAnthropicFailure } from '../anthropic/read-anthropic-failure.js';
import { readOpenAiFailure } from '../openai-compatible/read-openai-failure.js';
import { NO_TOKENS } from '@sluice/contracts';
import type { Answer, ProviderAdapter } from '../provider-adapter.js';
import { asRecord, MAX_PARSED_BYTES, parseJson } from '../wire/read-unknown.js';
import { applySplices } from '../wire/splice.js';
import { writeRequest } from '../translate/write-request.js';
import { ChatToMessagesReader } from './chat-to-messages-reader.js';
import { dropUnsignedThinking, mayLackSignature } from './drop-unsigned-thinking.js';
import { fromChatAnswer } from './from-chat-answer.js';
import { MessagesRelayReader } from './messages-relay-reader.js';
import { relayMessagesAnswer } from './relay-messages-answer.js';
import { toChatRequest } from './to-chat-request.js';

/** Anthropic's dialect at both ends: the bytes go through, with the model's name spliced. */
export const messagesRelayAdapter: ProviderAdapter = {
  endpoints: ['messages', 'messages.count_tokens'],
  // What switches on what the client's body says; the version is the gateway's own.
  forwardedHeaders: ['anthropic-beta'],
  address: anthropicAddress,
  toUpstreamBody: ({ bytes, spans }, _provider, providerModel) => {
    const rewritten = mayLackSignature(bytes) ? dropUnsignedThinking(bytes, providerModel) : null;
    return rewritten ?? applySplices(bytes, [{ ...spans.model, text: JSON.stringify(providerModel) }]);
  },
  // Anthropic always counts.
  forcesUsage: () => false,
  fromAnswer: (bytes, context) =>
    context.endpoint === 'messages.count_tokens' ? relayCount(bytes) : relayMessagesAnswer(bytes, context),
  openStream: (context) => new MessagesRelayReader(context),
  readFailure: (status, bytes) => readAnthropicFailure(status, bytes, true),
};

/**
 * Anthropic's dialect over an OpenAI-speaking provider.
 * @param chatAdapter the provider kind's own, for the address of its chat endpoint
 */
export const makeMessagesOverChatAdapter = (chatAdapter: ProviderAdapter): ProviderAdapter => ({
  endpoints: ['messages'],
  forwardedHeaders: [],
  address: (provider) => chatAdapter.address(provider, 'chat.completions'),
  toUpstreamBody: (body, provider, providerModel) =>
    writeRequest(() => toChatRequest(body.bytes, provider, providerModel)),
  // Usage is always asked for, and the client always gets it: its dialect has no choice.
  forcesUsage: () => false,
  fromAnswer: fromChatAnswer,
  openStream: (context) => new ChatToMessagesReader(context),
  // Never passable: the words are OpenAI's, the client's dialect is not.
  readFailure: (status, bytes) => ({ ...readOpenAiFailure(status, bytes), passable: false }),
});

/** What `count_tokens` answers, untouched. Counting costs nothing. */
function relayCount(bytes: Buffer): Answer {
  if (bytes.length > MAX_PARSED_BYTES)
    return { kind: 'garbage', reason: 'the answer is too large for a count' };
  if (!isUtf8(bytes)) return { kind: 'garbage', reason: 'the answer is not valid UTF-8' };
  const document = asRecord(parseJson(bytes.toString('utf8')));
  if (typeof document?.['input_tokens'] === 'number') {
    return { kind: 'answer', body: bytes, tokens: NO_TOKENS };
  }
  const failure = readAnthropicErrorEvent(document);
  return failure === null
    ? { kind: 'garbage', reason: 'the answer has no "input_tokens"' }
    : { kind: 'failure', failure };
}
