import type { GatewayConfig } from './gateway-config.js';

// Headers that carry a credential by their names; the others are words like `ml`, which must not be masked.
const CREDENTIAL_HEADER = /key|token|secret|auth|cookie|password/;

/**
 * The secrets of a config, each once: provider keys, values of headers that look like credentials, key values.
 * For masking only: never log the list.
 */
export function collectSecrets(config: Pick<GatewayConfig, 'providers' | 'keys'>): string[] {
  const secrets = new Set<string>();
  for (const provider of config.providers.values()) {
    if (provider.apiKey !== undefined) secrets.add(provider.apiKey);
    for (const [name, value] of Object.entries(provider.headers)) {
      if (CREDENTIAL_HEADER.test(name)) secrets.add(value);
    }
  }
  for (const { key } of config.keys) secrets.add(key);
  return [...secrets];
}
