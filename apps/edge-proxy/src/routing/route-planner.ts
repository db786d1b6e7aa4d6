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

/**
 * Whether tokens are to be counted that the model's first provider does not count. A fallback is not asked: its
 * count is another model's, and the prompt may not be meant for it.
 */
export function isCountedHere(model: PreparedModel, endpoint: Endpoint): boolean {
  if (endpoint !== 'messages.count_tokens') return false;
  const [serving] = model.routes.messages;
  const [counting] = model.routes[endpoint];
  return counting === undefined || counting.provider !== serving?.provider;
}

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
