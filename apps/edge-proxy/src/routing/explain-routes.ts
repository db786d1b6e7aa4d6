// How a request would be routed now, and why. Calls nobody, takes no permit and changes no counter.
import type { RoutingCandidate, RoutingRecord } from '@sluice/contracts';
import type { PreparedModel } from '../control/config-generation.js';
import type { RouteWalkOptions } from './route-walk.js';
import { RouteWalk } from './route-walk.js';

/** The walk's own record of the model and all of its fallbacks, and the routes that have no such endpoint. */
export function explainRoutes(model: PreparedModel, options: RouteWalkOptions): RoutingRecord {
  const request = { ...options.request, isDryRun: true };
  const walk = new RouteWalk(model, { ...options, request });
  walk.lookAhead();
  // Written just now, by this contract.
  const record = JSON.parse(walk.recordJson()) as RoutingRecord;
  const without = walk.plans.flatMap((plan) => routesWithout(plan.model, options.request.endpoint));
  return { ...record, candidates: [...record.candidates, ...without] };
}

function routesWithout(
  { config, routes }: PreparedModel,
  endpoint: RouteWalkOptions['request']['endpoint'],
): RoutingCandidate[] {
  const served = routes[endpoint];
  return config.routes
    .filter(
      ({ provider, model }) =>
        !served.some((target) => target.provider.name === provider && target.providerModel === model),
    )
    .map(({ provider, model }) => ({
      provider,
      providerModel: model,
      model: config.name,
      order: null,
      filtered: 'no_endpoint' as const,
      estimatedCostUsdNanos: null,
    }));
}
