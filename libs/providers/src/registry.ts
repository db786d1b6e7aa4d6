import type { ProviderType } from '@sluice/config-schema';
import { openAiAdapter } from './openai/openai.adapter.js';
import { openAiCompatibleAdapter } from './openai-compatible/openai-compatible.adapter.js';
import type { ProviderAdapter } from './provider-adapter.js';

/** Every provider kind; a full record, so the compiler names a kind that has no adapter. */
export const PROVIDER_ADAPTERS: Readonly<Record<ProviderType, ProviderAdapter>> = {
  openai: openAiAdapter,
  'openai-compatible': openAiCompatibleAdapter,
};
