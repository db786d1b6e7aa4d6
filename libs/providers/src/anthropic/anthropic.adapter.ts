import type { ProviderConfig } from '@sluice/config-schema';
import type { Endpoint, ProviderAdapter, UpstreamAddress } from '../provider-adapter.js';
import { writeRequest } from '../translate/write-request.js';
import { AnthropicStreamReader } from './anthropic-stream-reader.js';
import { fromAnthropicAnswer } from './from-anthropic-answer.js';
import { readAnthropicFailure } from './read-anthropic-failure.js';
import { toAnthropicRequest } from './to-anthropic-request.js';

const DEFAULT_BASE_URL = 'https://api.anthropic.com';
/** Newer versions drop fields that older models still take; a provider's `headers` may say another. */
const API_VERSION = '2023-06-01';

/** For clients of OpenAI's dialect: chat completions over the Messages API. */
export const anthropicAdapter: ProviderAdapter = {
  // Anthropic has no embeddings.
  endpoints: ['chat.completions'],
  forwardedHeaders: [],
  address: (provider) => anthropicAddress(provider, 'messages'),
  toUpstreamBody: (body, _provider, providerModel) =>
    writeRequest(() => toAnthropicRequest(body.bytes, providerModel)),
  forcesUsage: (body) => body.stream && !body.includeUsage,
  fromAnswer: fromAnthropicAnswer,
  openStream: (context) => new AnthropicStreamReader(context),
  readFailure: (status, bytes) => readAnthropicFailure(status, bytes, false),
};

/** Where a provider serves the Messages API; `baseUrl` may end in `/v1` or not. */
export function anthropicAddress(provider: ProviderConfig, endpoint: Endpoint): UpstreamAddress {
  const url = new URL(provider.baseUrl ?? DEFAULT_BASE_URL);
  const base = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '');
  const path = endpoint === 'messages.count_tokens' ? '/v1/messages/count_tokens' : '/v1/messages';
  return {
    origin: url.origin,
    path: base + path + url.search,
    headers: {
      'content-type': 'application/json',
      // Bodies are read as they come, so they must come plain.
      'accept-encoding': 'identity',
      'anthropic-version': API_VERSION,
      ...(provider.apiKey === undefined ? {} : { 'x-api-key': provider.apiKey }),
      ...provider.headers,
    },
  };
}
