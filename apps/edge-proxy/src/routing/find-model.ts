import { GatewayError } from '@sluice/contracts';
import type { Caller } from '../access/caller.js';
import type { ConfigGeneration, PreparedModel } from '../control/config-generation.js';

/**
 * The model that a client means: the model or alias of that name, else the wildcard that covers it, else, for
 * `provider/model`, that model of that provider. The key's patterns are asked before anything is made, so that nobody
 * spends memory on names that he may not use.
 * @throws GatewayError `model_not_found`, `model_not_allowed`
 */
export function findModel(generation: ConfigGeneration, asked: string, caller: Caller): PreparedModel {
  const { catalog } = generation;
  const known = catalog.known(asked);
  if (known !== undefined) {
    if (!caller.mayUse(asked, known.config.name)) throw notAllowed(asked);
    return known;
  }
  const origin = catalog.originOf(asked);
  if (origin === null) {
    throw new GatewayError('model_not_found', {
      param: 'model',
      message: `The model ${shown(asked)} does not exist here. GET /v1/models lists the ones that this key may use.`,
    });
  }
  if (!caller.mayUse(asked, asked)) throw notAllowed(asked);
  return catalog.make(asked, origin);
}

function notAllowed(asked: string): GatewayError {
  return new GatewayError('model_not_allowed', {
    param: 'model',
    message: `This key may not use the model ${shown(asked)}. GET /v1/models lists the ones that it may use.`,
  });
}

const shown = (asked: string): string =>
  JSON.stringify(asked.length > 128 ? `${asked.slice(0, 128)}…` : asked);
