// One generation of the config, made ready for the hot path: nothing in it is parsed or looked up twice.
import type { GatewayConfig, ModelConfig, ProviderConfig, TokenPrice } from '@sluice/config-schema';
import { ENDPOINT_DIALECTS, type Endpoint, findAdapter, type ProviderAdapter } from '@sluice/providers';
import type { KeyRing } from '../access/key-ring.js';

/** An endpoint of a provider, ready to be dialled. */
export interface PreparedAddress {
  readonly origin: string;
  readonly path: string;
  /** Flat list of names and values; holds the credential, never log it. */
  readonly headers: readonly string[];
}

/** One route of a model, for one endpoint. */
export interface PreparedTarget {
  readonly provider: ProviderConfig;
  readonly providerModel: string;
  readonly adapter: ProviderAdapter;
  readonly address: PreparedAddress;
  readonly price: TokenPrice | undefined;
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
  return {
    provider,
    providerModel: route.model,
    adapter,
    address: { origin, path, headers: Object.entries(headers).flat() },
    price: route.price ?? config.prices.get(route.model),
    json: JSON.stringify({ provider: provider.name, providerModel: route.model }).slice(1, -1),
  };
}
