import { GatewayError } from '@sluice/contracts';
import type { Endpoint } from '@sluice/providers';
import type { Caller } from '../access/caller.js';
import type { ConfigGeneration, PreparedModel, PreparedTarget } from '../control/config-generation.js';

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

/** Whether tokens are to be counted that no provider of the model counts. */
export const isCountedHere = (model: PreparedModel, endpoint: Endpoint): boolean =>
  endpoint === 'messages.count_tokens' && model.routes[endpoint].length === 0;

/**
 * The targets to try, in order.
 * @throws GatewayError `invalid_request` when no provider of the model has such an endpoint
 */
export function planRoutes(model: PreparedModel, endpoint: Endpoint): readonly PreparedTarget[] {
  const routes = model.routes[endpoint];
  if (routes.length > 0) return routes;
  throw new GatewayError('invalid_request', {
    param: 'model',
    message: `No provider of the model ${JSON.stringify(model.config.name)} has ${ENDPOINT_WORDS[endpoint]}. Name another model.`,
  });
}

const ENDPOINT_WORDS: Readonly<Record<Endpoint, string>> = {
  'chat.completions': 'chat completions',
  embeddings: 'embeddings',
  messages: 'messages',
  'messages.count_tokens': 'token counts',
};
