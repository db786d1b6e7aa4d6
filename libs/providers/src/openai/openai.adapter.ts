import { makeOpenAiCompatibleAdapter } from '../openai-compatible/openai-compatible.adapter.js';
import type { ProviderAdapter } from '../provider-adapter.js';

/** OpenAI itself: the dialect without quirks, at its own address. */
export const openAiAdapter: ProviderAdapter = makeOpenAiCompatibleAdapter('https://api.openai.com/v1');
