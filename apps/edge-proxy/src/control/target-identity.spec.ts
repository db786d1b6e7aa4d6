import type { ProviderConfig } from '@sluice/config-schema';
import { expect, test } from 'vitest';
import { identifyProvider } from './target-identity.js';

const provider: ProviderConfig = {
  name: 'main',
  type: 'openai-compatible',
  baseUrl: 'https://llm.example.com/v1',
  apiKey: 'provider-key-0123456789',
  allowPrivateNetwork: false,
  headers: { 'x-team': 'ml', 'api-key': 'second-key-0123456789' },
  sendAttemptId: false,
  faults: {},
  quirks: { streamOptions: true },
};

test('the same provider is the same in every process and generation', () => {
  // Pinned: edges of different versions share cooldowns by it.
  expect(identifyProvider({ ...provider })).toEqual({
    credential: '22dd46fdd3017ca3',
    key: 'main#23975b9e3062344a',
  });
});

test('what does not change who answers keeps health and cooldowns', () => {
  const changed = { ...provider, maxConcurrency: 3, headers: { ...provider.headers, 'x-team': 'core' } };
  expect(identifyProvider(changed)).toEqual(identifyProvider(provider));
});

test.each([
  ['another key', { apiKey: 'provider-key-9876543210' }],
  ['no key', { apiKey: undefined }],
  ['another key in a header', { headers: { 'api-key': 'other' } }],
  ['another name', { name: 'other' }],
])('%s: a credential of its own, with health of its own', (_, change) => {
  const before = identifyProvider(provider);
  const after = identifyProvider({ ...provider, ...change });
  expect(after.credential).not.toBe(before.credential);
  expect(after.key).not.toBe(before.key);
});

test('another address: health of its own, but the credential still cools down', () => {
  const before = identifyProvider(provider);
  const after = identifyProvider({ ...provider, baseUrl: 'https://other.example.com/v1' });
  expect(after.key).not.toBe(before.key);
  expect(after.credential).toBe(before.credential);
});

test('a key cut differently between its parts is another one', () => {
  const one = identifyProvider({ ...provider, apiKey: 'ab', headers: { 'api-key': 'c' } });
  const two = identifyProvider({ ...provider, apiKey: 'a', headers: { 'api-key': 'bc' } });
  expect(one.credential).not.toBe(two.credential);
});

test('no part of a secret stands in it', () => {
  const text = JSON.stringify(identifyProvider(provider));
  for (const secret of ['provider-key', 'second-key', 'llm.example.com']) expect(text).not.toContain(secret);
});
