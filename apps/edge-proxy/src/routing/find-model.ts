import { GatewayError } from '@sluice/contracts';
import type { Caller } from '../access/caller.js';
import type { ConfigGeneration, PreparedModel } from '../control/config-generation.js';

/**
 * The model that a client means.
 * @throws GatewayError `model_not_found`, `model_not_allowed`
 */
export function findModel(generation: ConfigGeneration, asked: string, caller: Caller): PreparedModel {
  const model = generation.models.get(asked);
  const shown = JSON.stringify(asked.length > 128 ? `${asked.slice(0, 128)}…` : asked);
  if (model === undefined) {
    throw new GatewayError('model_not_found', {
      param: 'model',
      message: `The model ${shown} does not exist here. GET /v1/models lists the ones that this key may use.`,
    });
  }
  if (!caller.mayUse(asked, model.config.name)) {
    throw new GatewayError('model_not_allowed', {
      param: 'model',
      message: `This key may not use the model ${shown}. GET /v1/models lists the ones that it may use.`,
    });
  }
  return model;
}
