import { describe, expect, it } from 'vitest';
import { configOf } from './__fixtures__/load-text.js';
import { collectSecrets } from './collect-secrets.js';

describe('the secrets of a config', () => {
  it('are provider keys, credentials in headers and key values, each once, and no plain words', () => {
    const config = configOf(`providers:
  a: { type: openai, apiKey: provider-secret }
  b: { type: openai-compatible, baseUrl: "https://b.example.com", apiKey: provider-secret, headers: { x-team: research, API-Key: header-secret } }
models: { m: { routes: [{ provider: a, model: m }] } }
keys: [{ name: k, key: key-secret-0123456789-abc }]
`);
    expect(collectSecrets(config)).toEqual(['provider-secret', 'header-secret', 'key-secret-0123456789-abc']);
  });
});
