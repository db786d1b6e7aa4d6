// One generation of the config, made ready for the hot path: nothing in it is parsed or looked up twice.
import type { GatewayConfig } from '@sluice/config-schema';
import type { KeyRing } from '../access/key-ring.js';
import { ModelCatalog } from './model-catalog.js';
import { ModelPreparation, type PreparedAddress, type PreparedModel } from './prepare-model.js';

export type { PreparedAddress, PreparedModel, PreparedTarget } from './prepare-model.js';

/** What a request sees of the config from its first byte to its last. */
export interface ConfigGeneration {
  readonly config: GatewayConfig;
  readonly keyRing: KeyRing;
  /** By every name that stands in the file: models and aliases, in its order; wildcards are no names. */
  readonly models: ReadonlyMap<string, PreparedModel>;
  /** All models that can be served, those without a name in the file included. */
  readonly catalog: ModelCatalog;
  /** Every address that a request of this generation may call. */
  readonly addresses: readonly PreparedAddress[];
  /** Seconds since the epoch when it was loaded. */
  readonly loadedAtSeconds: number;
}

/** Makes a generation; the config has been validated, so this never fails on what an operator wrote. */
export function makeConfigGeneration(
  config: GatewayConfig,
  keyRing: KeyRing,
  nowMs: number,
): ConfigGeneration {
  const preparation = new ModelPreparation(config);
  const catalog = new ModelCatalog(config, preparation);
  const loadedAtSeconds = Math.trunc(nowMs / 1000);
  return {
    config,
    keyRing,
    models: catalog.listed,
    catalog,
    addresses: preparation.addresses(),
    loadedAtSeconds,
  };
}
