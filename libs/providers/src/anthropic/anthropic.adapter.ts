import type { ProviderConfig } from '@sluice/config-schema';
import type { ProviderAdapter, RequestBody, UpstreamAddress } from '../provider-adapter.js';
import { TranslationRefusal } from '../translate/translation-refusal.js';
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
  address: anthropicAddress,
  toUpstreamBody,
  forcesUsage: (body) => body.stream && !body.includeUsage,
  fromAnswer: fromAnthropicAnswer,
  openStream: (context) => new AnthropicStreamReader(context),
  readFailure: (status, bytes) => readAnthropicFailure(status, bytes, false),
};

/** Where a provider serves the Messages API; `baseUrl` may end in `/v1` or not. */
export function anthropicAddress(provider: ProviderConfig): UpstreamAddress {
  const url = new URL(provider.baseUrl ?? DEFAULT_BASE_URL);
  const base = url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '');
  return {
    origin: url.origin,
    path: `${base}/v1/messages${url.search}`,
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

function toUpstreamBody(body: RequestBody, _provider: ProviderConfig, providerModel: string): Buffer {
  if (body.endpoint === 'embeddings') {
    throw new TranslationRefusal('model', 'names a model whose provider has no embeddings.');
  }
  return writeRequest(() => toAnthropicRequest(body.bytes, providerModel));
}
