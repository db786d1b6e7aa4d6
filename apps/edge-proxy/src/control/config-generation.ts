// One generation of the config, made ready for the hot path: nothing in it is parsed or looked up twice.
import { createHash } from 'node:crypto';
import type { GatewayConfig, ModelConfig, ProviderConfig, TokenPrice } from '@sluice/config-schema';
import { ENDPOINT_DIALECTS, type Endpoint, findAdapter, type ProviderAdapter } from '@sluice/providers';
import type { KeyRing } from '../access/key-ring.js';

/** An endpoint of a provider, ready to be dialled. */
export interface PreparedAddress {
  readonly origin: string;
  readonly path: string;
  /** Flat list of names and values; holds the credential, never log it. */
  readonly headers: readonly string[];
  /** Whether addresses of our own network may be dialled; else only public ones. */
  readonly allowPrivateNetwork: boolean;
}

/** One route of a model, for one endpoint. */
export interface PreparedTarget {
  readonly provider: ProviderConfig;
  readonly providerModel: string;
  readonly adapter: ProviderAdapter;
  readonly address: PreparedAddress;
  readonly price: TokenPrice | undefined;
  /** The route's share among the routes of its model. */
  readonly weight: number;
  /** What its health is kept under: provider, address, model and credential. The same over reloads that change none of them. */
  readonly healthKey: string;
  /** Tells the provider's credentials apart without saying them, the same on every edge: 16 hex digits. */
  readonly credential: string;
  /** The event's `provider` and `providerModel` as JSON text without braces. */
  readonly json: string;
}

/** A model with its routes. */
export interface PreparedModel {
  readonly config: ModelConfig;
  /** In the order of the file; without those whose provider has no such endpoint, so a list may be empty. */
  readonly routes: Readonly<Record<Endpoint, readonly PreparedTarget[]>>;
}

/** What a request sees of the config from its first byte to its last. */
export interface ConfigGeneration {
  readonly config: GatewayConfig;
  readonly keyRing: KeyRing;
  /** By every name that a client may ask for: models and aliases, in the order of the file. */
  readonly models: ReadonlyMap<string, PreparedModel>;
  /** Seconds since the epoch when it was loaded. */
  readonly loadedAtSeconds: number;
}

/** Makes a generation; the config has been validated, so this never fails on what an operator wrote. */
export function makeConfigGeneration(
  config: GatewayConfig,
  keyRing: KeyRing,
  nowMs: number,
): ConfigGeneration {
  const models = new Map<string, PreparedModel>();
  for (const model of config.models.values()) {
    models.set(model.name, {
      config: model,
      routes: prepareRoutes(config, model),
    });
  }
  for (const [alias, name] of config.aliases) {
    const model = models.get(name);
    if (model !== undefined) models.set(alias, model);
  }
  return { config, keyRing, models, loadedAtSeconds: Math.trunc(nowMs / 1000) };
}

function prepareRoutes(config: GatewayConfig, model: ModelConfig): PreparedModel['routes'] {
  const prepare = (endpoint: Endpoint): PreparedTarget[] =>
    model.routes.flatMap((route) => prepareTarget(config, route, endpoint) ?? []);
  // A full record, so its keys are all endpoints.
  const endpoints = Object.keys(ENDPOINT_DIALECTS) as Endpoint[];
  return Object.fromEntries(endpoints.map((endpoint) => [endpoint, prepare(endpoint)])) as Record<
    Endpoint,
    PreparedTarget[]
  >;
}

/**
 * A digest under a fixed label, so that all edges agree on it. 64 bits of a hash say nothing of a random key of 100 bits
 * and more, and a guess at a weak one could be tried at the provider itself.
 */
function credentialDigest({ name, apiKey }: ProviderConfig): string {
  return createHash('sha256')
    .update(JSON.stringify(['sluice-credential', name, apiKey ?? '']))
    .digest('hex')
    .slice(0, 16);
}

/** Null when the provider has no such endpoint. */
function prepareTarget(
  config: GatewayConfig,
  route: ModelConfig['routes'][number],
  endpoint: Endpoint,
): PreparedTarget | null {
  const provider = config.providers.get(route.provider);
  if (provider === undefined) throw new Error(`route to an unknown provider "${route.provider}"`);
  const adapter = findAdapter(provider.type, endpoint);
  if (adapter === null) return null;
  const { origin, path, headers } = adapter.address(provider, endpoint);
  const credential = credentialDigest(provider);
  return {
    provider,
    providerModel: route.model,
    adapter,
    address: {
      origin,
      path,
      headers: Object.entries(headers).flat(),
      allowPrivateNetwork: provider.allowPrivateNetwork,
    },
    price: route.price ?? config.prices.get(route.model),
    weight: route.weight,
    healthKey: JSON.stringify([provider.name, provider.baseUrl ?? '', route.model, credential]),
    credential,
    json: JSON.stringify({ provider: provider.name, providerModel: route.model }).slice(1, -1),
  };
}
