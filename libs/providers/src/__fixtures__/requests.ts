// Requests and providers for specs, with what matters to a test named in it.
import type { ProviderConfig } from '@sluice/config-schema';
import type { RequestBody } from '../provider-adapter.js';
import { REQUEST_RULES, scanJson, WantedKeys } from '../wire/scan-json.js';

const KEYS = new WantedKeys(['model', 'stream_options']);

/** A body as the edge would have judged it. */
export function aRequestBody(text: string, change: Partial<RequestBody> = {}): RequestBody {
  const bytes = Buffer.from(text);
  const spans = scanJson(bytes, KEYS, REQUEST_RULES);
  return {
    bytes,
    endpoint: 'chat.completions',
    stream: false,
    includeUsage: false,
    base64: false,
    choices: 1,
    spans: {
      model: { start: spans.start(0), end: spans.end(0) },
      streamOptions: spans.has(1) ? { start: spans.start(1), end: spans.end(1) } : null,
      rootStart: spans.rootStart,
    },
    ...change,
  };
}

/** A provider with a key and an address. */
export const aProvider = (change: Partial<ProviderConfig> = {}): ProviderConfig => ({
  name: 'theirs',
  type: 'openai-compatible',
  baseUrl: 'https://llm.example.com/api/v1',
  apiKey: 'sk-of-the-gateway',
  allowPrivateNetwork: false,
  headers: {},
  faults: {},
  sendAttemptId: false,
  quirks: { streamOptions: true },
  ...change,
});
