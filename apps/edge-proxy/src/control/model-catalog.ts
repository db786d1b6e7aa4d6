// Every model that a generation can serve: those with a name in the file, and those that are made when somebody asks:
// behind a wildcard ("claude-*"), or of the form "provider/model".
import {
  compileWildcards,
  fillWildcard,
  type GatewayConfig,
  isModelName,
  type ModelConfig,
  type WildcardMatch,
} from '@sluice/config-schema';
import type { ModelPreparation, PreparedModel } from './prepare-model.js';
import { RecentMap } from './recent-map.js';

/**
 * Made models are kept for the next request. At this bound the older half is dropped: such a model is made anew when it
 * is asked for again (some microseconds), and what its strategy counted begins from the start. Health is kept elsewhere.
 */
const MAX_MADE_MODELS = 1_000;

/** Where a name that is not in the file leads. */
export type MadeFrom =
  | { readonly kind: 'wildcard'; readonly match: WildcardMatch }
  | { readonly kind: 'provider'; readonly provider: string; readonly providerModel: string };

/** Finds models by name. Knows nothing of permission: see `routing/find-model.ts`. */
export class ModelCatalog {
  /** By every name of the file that a client may ask for: models and aliases, in its order; no wildcards. */
  readonly listed: ReadonlyMap<string, PreparedModel>;
  readonly #config: GatewayConfig;
  readonly #preparation: ModelPreparation;
  readonly #wildcard: (name: string) => WildcardMatch | null;
  readonly #made = new RecentMap<PreparedModel>(MAX_MADE_MODELS);

  constructor(config: GatewayConfig, preparation: ModelPreparation) {
    this.#config = config;
    this.#preparation = preparation;
    this.#wildcard = compileWildcards(config.models.keys());
    const listed = new Map<string, PreparedModel>();
    for (const [name, model] of config.models) {
      if (!name.includes('*')) listed.set(name, preparation.prepare(model));
    }
    for (const [alias, name] of config.aliases) {
      const model = listed.get(name) ?? this.#behindWildcard(name);
      if (model !== undefined) listed.set(alias, model);
    }
    this.listed = listed;
  }

  /** How many models that are not in the file are kept now. */
  get madeCount(): number {
    return this.#made.size;
  }

  /** The model of a name that was asked for before, or is in the file. */
  known(name: string): PreparedModel | undefined {
    return this.listed.get(name) ?? this.#made.get(name);
  }

  /** Where a name leads that is not {@link known}; null when nowhere. Keeps nothing. */
  originOf(name: string): MadeFrom | null {
    if (!isModelName(name)) return null;
    const match = this.#wildcard(name);
    if (match !== null) return { kind: 'wildcard', match };
    const slash = name.indexOf('/');
    if (slash === -1 || slash === name.length - 1) return null;
    const provider = name.slice(0, slash);
    if (!this.#config.providers.has(provider)) return null;
    return { kind: 'provider', provider, providerModel: name.slice(slash + 1) };
  }

  /** Makes the model of a name and keeps it for a while. */
  make(name: string, from: MadeFrom): PreparedModel {
    const config =
      from.kind === 'wildcard'
        ? this.#fill(name, from.match)
        : this.#plain(name, from.provider, from.providerModel);
    const model = this.#preparation.prepare(config, true);
    this.#made.set(name, model);
    return model;
  }

  /**
   * The model of a name in the file, e.g. of a fallback, which needs no grant: a model, an alias, or what a wildcard
   * covers. In a checked config every fallback has one.
   */
  named(name: string): PreparedModel | undefined {
    return this.known(name) ?? this.#behindWildcard(name);
  }

  #behindWildcard(name: string): PreparedModel | undefined {
    const match = this.#wildcard(name);
    return match === null ? undefined : this.make(name, { kind: 'wildcard', match });
  }

  /** The wildcard's entry with this name, and the `*` of its routes replaced. */
  #fill(name: string, { pattern, star }: WildcardMatch): ModelConfig {
    const entry = this.#config.models.get(pattern);
    if (entry === undefined) throw new Error('a wildcard without an entry');
    const routes = entry.routes.map((route) => ({ ...route, model: fillWildcard(route.model, star) }));
    return { ...entry, name, routes };
  }

  /** One route, and for the rest what a model has that says nothing. */
  #plain(name: string, provider: string, providerModel: string): ModelConfig {
    return {
      name,
      strategy: 'priority',
      routes: [{ provider, model: providerModel, weight: 1 }],
      fallbacks: [],
      fallbacksOn: {},
      timeouts: this.#config.timeouts,
      singleFlight: false,
    };
  }
}
