// A model made ready for the hot path: for each endpoint its routes with their addresses, adapters and prices.
import type { GatewayConfig, ModelConfig, ProviderConfig, TokenPrice } from '@sluice/config-schema';
import { ENDPOINT_DIALECTS, type Endpoint, findAdapter, type ProviderAdapter } from '@sluice/providers';
import { identifyProvider, type ProviderIdentity } from './target-identity.js';

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
  /** The route's; above 0 for at least one route of a model. */
  readonly weight: number;
  /**
   * What this route's health is kept by, over reloads: provider, model, address and credential. The same for all
   * endpoints. Clients can make up models (wildcards, `provider/model`), so whoever keeps things by it needs a bound.
   */
  readonly healthKey: string;
  /** The same of the whole provider. */
  readonly providerHealthKey: string;
  /** Tells credentials apart without saying them. @see ProviderIdentity.credential */
  readonly credential: string;
  /** Of a model that stands in no file: a client made its name. */
  readonly isMade: boolean;
  /** The event's `provider` and `providerModel` as JSON text without braces. */
  readonly json: string;
}

/** A model with its routes. */
export interface PreparedModel {
  /** For a model behind a wildcard, or of the form `provider/model`, with the name that was asked for. */
  readonly config: ModelConfig;
  /** In the order of the file; without those whose provider has no such endpoint, so a list may be empty. */
  readonly routes: Readonly<Record<Endpoint, readonly PreparedTarget[]>>;
  /** The routing record's `strategy` and `model` as JSON text without braces. */
  readonly recordJson: string;
}

/** What is made once for each provider of a generation. */
interface PreparedProvider {
  readonly config: ProviderConfig;
  readonly identity: ProviderIdentity;
  /** Null where the provider has no such endpoint. */
  readonly endpoints: Readonly<
    Record<Endpoint, { readonly adapter: ProviderAdapter; readonly address: PreparedAddress } | null>
  >;
}

/** Makes models of one config ready. The config has been validated, so nothing here fails on what was written. */
export class ModelPreparation {
  readonly #prices: GatewayConfig['prices'];
  readonly #providers: ReadonlyMap<string, PreparedProvider>;

  constructor(config: GatewayConfig) {
    this.#prices = config.prices;
    this.#providers = new Map(
      [...config.providers].map(([name, provider]) => [name, prepareProvider(provider)]),
    );
  }

  /** Of all providers, whether a model uses them or not: `provider/model` reaches each. */
  addresses(): readonly PreparedAddress[] {
    const ofProviders = [...this.#providers.values()].map(({ endpoints }) => Object.values(endpoints));
    return ofProviders.flat().flatMap((served) => served?.address ?? []);
  }

  /** @param isMade whether a client made the model's name */
  prepare(config: ModelConfig, isMade = false): PreparedModel {
    const routes = toEndpointRecord((endpoint) =>
      config.routes.flatMap((route) => this.#target(route, { endpoint, isMade }) ?? []),
    );
    const { strategy, name } = config;
    return { config, routes, recordJson: JSON.stringify({ strategy, model: name }).slice(1, -1) };
  }

  /** Null when the provider has no such endpoint. */
  #target(
    route: ModelConfig['routes'][number],
    { endpoint, isMade }: { readonly endpoint: Endpoint; readonly isMade: boolean },
  ): PreparedTarget | null {
    const provider = this.#providers.get(route.provider);
    if (provider === undefined) throw new Error(`route to an unknown provider "${route.provider}"`);
    const served = provider.endpoints[endpoint];
    if (served === null) return null;
    const { config, identity } = provider;
    return {
      provider: config,
      providerModel: route.model,
      adapter: served.adapter,
      address: served.address,
      price: route.price ?? this.#prices.get(route.model),
      weight: route.weight,
      healthKey: `${identity.key}/${route.model}`,
      providerHealthKey: identity.key,
      credential: identity.credential,
      isMade,
      json: JSON.stringify({ provider: config.name, providerModel: route.model }).slice(1, -1),
    };
  }
}

function prepareProvider(config: ProviderConfig): PreparedProvider {
  const endpoints = toEndpointRecord((endpoint) => {
    const adapter = findAdapter(config.type, endpoint);
    if (adapter === null) return null;
    const { origin, path, headers } = adapter.address(config, endpoint);
    const { allowPrivateNetwork } = config;
    return {
      adapter,
      address: { origin, path, headers: Object.entries(headers).flat(), allowPrivateNetwork },
    };
  });
  return { config, identity: identifyProvider(config), endpoints };
}

function toEndpointRecord<Value>(make: (endpoint: Endpoint) => Value): Record<Endpoint, Value> {
  // A full record, so its keys are all endpoints.
  const endpoints = Object.keys(ENDPOINT_DIALECTS) as Endpoint[];
  const entries = endpoints.map((endpoint) => [endpoint, make(endpoint)] as const);
  return Object.fromEntries(entries) as Record<Endpoint, Value>; // one entry for each endpoint
}
