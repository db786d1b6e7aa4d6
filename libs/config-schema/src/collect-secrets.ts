import type { GatewayConfig, ProviderConfig } from './gateway-config.js';

// Headers that carry a credential by their names; the others are words like `ml`, which must not be masked.
const CREDENTIAL_HEADER = /key|token|secret|auth|cookie|password/;

/** The values of a provider's headers that look like credentials, in the order of the file. Never log them. */
export function credentialHeaders(headers: ProviderConfig['headers']): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) => (CREDENTIAL_HEADER.test(name) ? [value] : []));
}

/**
 * The secrets of a config, each once: provider keys, values of headers that look like credentials, key values.
 * For masking only: never log the list.
 */
export function collectSecrets(config: Pick<GatewayConfig, 'providers' | 'keys'>): string[] {
  const secrets = new Set<string>();
  for (const provider of config.providers.values()) {
    if (provider.apiKey !== undefined) secrets.add(provider.apiKey);
    for (const value of credentialHeaders(provider.headers)) secrets.add(value);
  }
  for (const { key } of config.keys) secrets.add(key);
  return [...secrets];
}
