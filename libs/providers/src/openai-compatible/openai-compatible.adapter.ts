import type { ProviderConfig } from '@sluice/config-schema';
import type { Endpoint, ProviderAdapter, UpstreamAddress } from '../provider-adapter.js';
import { fromOpenAiAnswer } from './from-openai-answer.js';
import { OpenAiStreamReader } from './openai-stream-reader.js';
import { readOpenAiFailure } from './read-openai-failure.js';
import { forcesOpenAiUsage, toOpenAiBody } from './to-openai-body.js';

const PATHS: ReadonlyMap<Endpoint, string> = new Map([
  ['chat.completions', '/chat/completions'],
  ['embeddings', '/embeddings'],
]);

/** An adapter for servers that speak OpenAI's dialect; what they do otherwise is data (`quirks`). */
export const makeOpenAiCompatibleAdapter = (defaultBaseUrl: string | null): ProviderAdapter => ({
  endpoints: [...PATHS.keys()],
  forwardedHeaders: [],
  address: (provider, endpoint) => address(provider, endpoint, defaultBaseUrl),
  toUpstreamBody: toOpenAiBody,
  forcesUsage: forcesOpenAiUsage,
  fromAnswer: fromOpenAiAnswer,
  openStream: (context) => new OpenAiStreamReader(context),
  readFailure: readOpenAiFailure,
});

export const openAiCompatibleAdapter: ProviderAdapter = makeOpenAiCompatibleAdapter(null);

function address(
  provider: ProviderConfig,
  endpoint: Endpoint,
  defaultBaseUrl: string | null,
): UpstreamAddress {
  const base = provider.baseUrl ?? defaultBaseUrl;
  if (base === null) throw new Error(`providers.${provider.name}.baseUrl is missing`);
  const path = PATHS.get(endpoint);
  if (path === undefined) throw new Error(`this kind of provider has no ${endpoint}`);
  const url = new URL(base);
  return {
    origin: url.origin,
    path: url.pathname.replace(/\/+$/, '') + path + url.search,
    headers: {
      'content-type': 'application/json',
      // Bodies are relayed as they come, so they must come plain.
      'accept-encoding': 'identity',
      ...(provider.apiKey === undefined ? {} : { authorization: `Bearer ${provider.apiKey}` }),
      ...provider.headers,
    },
  };
}
