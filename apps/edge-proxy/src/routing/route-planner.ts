import { GatewayError } from '@sluice/contracts';
import type { Endpoint } from '@sluice/providers';
import type { PreparedModel, PreparedTarget } from '../control/config-generation.js';

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
