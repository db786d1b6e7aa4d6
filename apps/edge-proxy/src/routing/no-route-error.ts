// Pure: what the client gets when nobody could be called.
import { GatewayError } from '@sluice/contracts';
import { missingCapability } from './route-planner.js';
import type { RequestNeeds } from './request-needs.js';
import type { RouteWalk } from './route-walk.js';

/** @param walk one that ended without a call */
export function toNoRouteError(asked: string, walk: RouteWalk, needs: RequestNeeds): GatewayError {
  const model = JSON.stringify(asked);
  const { refusal } = walk;
  // A request that no provider can be told stays so, whoever is well.
  if (refusal !== null && walk.held.length === 0) {
    const { field, message } = refusal;
    return new GatewayError('invalid_request', {
      ...(field === '' ? {} : { param: field }),
      message,
      cause: refusal,
    });
  }
  if (walk.held.length > 0) return toHeldError(model, walk);
  if (walk.passedOver.some(({ reason }) => reason === 'busy')) {
    return new GatewayError('overloaded', {
      message: `Every provider of the model ${model} has as many calls as it may have. Try again later.`,
      retryAfterSeconds: 1,
    });
  }
  return toMisfitError(model, walk, needs);
}

function toHeldError(model: string, { held, soonestMs }: RouteWalk): GatewayError {
  const retryAfterSeconds = Math.max(1, Math.ceil((soonestMs ?? 0) / 1000));
  if (held.every(({ route: { stats } }) => stats.retryInMs === 0)) {
    return new GatewayError('provider_rate_limited', {
      message: `Every provider of the model ${model} is over its own limit. Try again in ${retryAfterSeconds} s.`,
      retryAfterSeconds,
    });
  }
  return new GatewayError('no_healthy_route', {
    message: `No route of the model ${model} is healthy. Try again in ${retryAfterSeconds} s.`,
    retryAfterSeconds,
  });
}

function toMisfitError(model: string, { plans }: RouteWalk, needs: RequestNeeds): GatewayError {
  const [first] = plans;
  if (first?.misfit === 'context_window') {
    return new GatewayError('context_length_exceeded', {
      message:
        `The prompt has about ${needs.inputTokens} tokens; the model ${model} takes ` +
        `${first.model.config.contextWindow ?? 0}. Shorten it or name a larger model.`,
    });
  }
  const missing =
    first === undefined ? null : missingCapability(first.model.config.capabilities ?? [], needs);
  if (missing === null) throw new Error('a walk that ended without a reason');
  return new GatewayError('invalid_request', {
    param: 'model',
    message: `The request uses ${JSON.stringify(missing)}, which the model ${model} does not have. Name another model.`,
  });
}
