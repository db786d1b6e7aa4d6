import type { ProviderType } from '@sluice/config-schema';
import { anthropicAdapter } from './anthropic/anthropic.adapter.js';
import { makeMessagesOverChatAdapter, messagesRelayAdapter } from './messages/messages-adapters.js';
import { openAiAdapter } from './openai/openai.adapter.js';
import { openAiCompatibleAdapter } from './openai-compatible/openai-compatible.adapter.js';
import type { ClientDialect, Endpoint, ProviderAdapter } from './provider-adapter.js';

type AdaptersByType = Readonly<Record<ProviderType, ProviderAdapter>>;

/** How each provider kind serves clients of OpenAI's dialect; a full record, so the compiler names a kind that is missing. */
export const CHAT_ADAPTERS: AdaptersByType = {
  openai: openAiAdapter,
  'openai-compatible': openAiCompatibleAdapter,
  anthropic: anthropicAdapter,
};

/** How each provider kind serves clients of Anthropic's dialect. */
export const MESSAGES_ADAPTERS: AdaptersByType = {
  openai: makeMessagesOverChatAdapter(openAiAdapter),
  'openai-compatible': makeMessagesOverChatAdapter(openAiCompatibleAdapter),
  anthropic: messagesRelayAdapter,
};

/** The dialect in which each endpoint is asked and answered. */
export const ENDPOINT_DIALECTS: Readonly<Record<Endpoint, ClientDialect>> = {
  'chat.completions': 'chat',
  embeddings: 'chat',
  messages: 'messages',
  'messages.count_tokens': 'messages',
};

/** What serves an endpoint over a provider kind; null when that kind cannot. */
export function findAdapter(type: ProviderType, endpoint: Endpoint): ProviderAdapter | null {
  const adapters = ENDPOINT_DIALECTS[endpoint] === 'chat' ? CHAT_ADAPTERS : MESSAGES_ADAPTERS;
  const adapter = adapters[type];
  return adapter.endpoints.includes(endpoint) ? adapter : null;
}
