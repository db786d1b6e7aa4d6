// What tells one provider, route or credential from another: for breakers, cooldowns and statistics that outlive a
// reload, and for facts that edges share.
import { createHash } from 'node:crypto';
import { credentialHeaders, type ProviderConfig } from '@sluice/config-schema';

/** Who a provider is, without its secrets in plain. */
export interface ProviderIdentity {
  /**
   * Its credential: 16 hex digits of a SHA-256 over a label, the provider's name and the credential. The same in every
   * process with the same config, so edges can tell each other which credential has to rest.
   *
   * It may stand in events and KV: keys that vendors make hold more than 100 random bits, so nobody finds one by
   * trying, and 64 bits of a digest do not give one back. A key that people thought up ("ollama") could be confirmed
   * by somebody who guesses it and may read our NATS: such a key protects nothing in the first place.
   */
  readonly credential: string;
  /** Name, address and credential: what refused connections, DNS and TLS failures count for. */
  readonly key: string;
}

/** Changes with the name, the kind, the address or the credential; other headers and limits do not matter. */
export function identifyProvider(provider: ProviderConfig): ProviderIdentity {
  const secrets = [provider.apiKey ?? '', ...credentialHeaders(provider.headers)];
  const credential = digestOf(['sluice credential v1', provider.name, ...secrets]);
  const place = digestOf(['sluice provider v1', provider.type, provider.baseUrl ?? '', credential]);
  return { credential, key: `${provider.name}#${place}` };
}

/** Each part with its length, so that no two lists read the same. */
function digestOf(parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex').slice(0, 16);
}
