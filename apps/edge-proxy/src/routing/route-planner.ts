// Decides for one model and one request which routes may be called, and in what order. Calls nobody.
import { GatewayError } from '@sluice/contracts';
import type { Endpoint } from '@sluice/providers';
import type { ChosenRoute } from '../attempts/route-choice.js';
import type { HealthRegistry } from '../attempts/health-registry.js';
import type { ConfigGeneration, PreparedModel, PreparedTarget } from '../control/config-generation.js';
import { costUsdNanos } from '../reporting/cost.js';
import type { RequestNeeds } from './request-needs.js';
import type { HeldRoute, ModelPlan, PlannedRoute } from './route-plan.js';
import { STRATEGIES } from './strategies/index.js';
import type { RoutingStrategy, StrategyRequest } from './strategies/strategy.js';

/** What a plan is made for. */
export interface PlanRequest extends StrategyRequest {
  readonly generation: ConfigGeneration;
  readonly endpoint: Endpoint;
  readonly needs: RequestNeeds;
}

/** A model's routes for one endpoint, made ready once for a generation. */
interface PreparedPlan {
  readonly routes: readonly PlannedRoute[];
  readonly strategy: RoutingStrategy;
}

const NONE: readonly never[] = [];

export class RoutePlanner {
  readonly #health: HealthRegistry;
  readonly #prepared = new WeakMap<PreparedModel, Map<Endpoint, PreparedPlan>>();

  constructor(health: HealthRegistry) {
    this.#health = health;
  }

  plan(model: PreparedModel, request: PlanRequest): ModelPlan {
    const { routes, strategy } = this.#prepare(model, request);
    const misfit = findMisfit(model, request.needs);
    if (misfit !== null) return { model, ordered: NONE, held: NONE, misfit, misfits: routes };
    const first = routes[0];
    if (routes.length === 1 && first?.stats.obstacle === null) {
      return { model, ordered: routes, held: NONE, misfit, misfits: NONE };
    }
    const held: HeldRoute[] = [];
    const eligible: PlannedRoute[] = [];
    for (const route of routes) {
      const { obstacle } = route.stats;
      if (obstacle === null) eligible.push(route);
      else held.push({ route, reason: obstacle });
    }
    const ordered = order(eligible, { strategy, model, request });
    return { model, ordered, held, misfit, misfits: NONE };
  }

  #prepare(model: PreparedModel, { endpoint, generation }: PlanRequest): PreparedPlan {
    let ofModel = this.#prepared.get(model);
    if (ofModel === undefined) {
      ofModel = new Map();
      this.#prepared.set(model, ofModel);
    }
    let prepared = ofModel.get(endpoint);
    if (prepared === undefined) {
      const routes = model.routes[endpoint].map((target) => ({
        model,
        target,
        weight: target.weight,
        stats: this.#health.of(target, generation.config),
        estimatedCostUsdNanos: null,
        recordJson: namesOf(target, model),
      }));
      prepared = { routes, strategy: STRATEGIES[model.config.strategy]() };
      ofModel.set(endpoint, prepared);
    }
    return prepared;
  }
}

const namesOf = ({ json }: PreparedTarget, { config }: PreparedModel): string =>
  `${json},"model":${JSON.stringify(config.name)}`;

function order(
  eligible: readonly PlannedRoute[],
  by: { readonly strategy: RoutingStrategy; readonly model: PreparedModel; readonly request: PlanRequest },
): readonly PlannedRoute[] {
  if (eligible.length < 2) return eligible;
  const { strategy, model, request } = by;
  const priced =
    model.config.strategy === 'lowest-cost'
      ? eligible.map((route) => ({ ...route, estimatedCostUsdNanos: estimateCost(route, request.needs) }))
      : eligible;
  // A strategy permutes, so what comes out is what went in.
  return strategy.order(priced, request) as readonly PlannedRoute[];
}

/** Nano-USD by what is known before the call; null without a price. */
export function estimateCost({ target }: ChosenRoute, needs: RequestNeeds): number | null {
  if (target.price === undefined) return null;
  const tokens = { ...NO_EXTRAS, input: needs.inputTokens, output: needs.outputTokens };
  return costUsdNanos(tokens, target.price);
}

const NO_EXTRAS = { cachedInput: 0, cacheWrite: 0, reasoning: 0, audio: 0, image: 0 };

/** Only a model that says what it can is held to it. */
function findMisfit({ config }: PreparedModel, needs: RequestNeeds): ModelPlan['misfit'] {
  if (config.capabilities !== undefined && missingCapability(config.capabilities, needs) !== null)
    return 'capability';
  return config.contextWindow !== undefined && needs.exceeds(config.contextWindow) ? 'context_window' : null;
}

/** The first capability that a request uses and a model does not declare; null when there is none. */
export function missingCapability(declared: readonly string[], needs: RequestNeeds): string | null {
  for (const needed of needs.capabilities) if (!declared.includes(needed)) return needed;
  return null;
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

/** @throws GatewayError `invalid_request` when no provider of the model has such an endpoint */
export function requireEndpoint(model: PreparedModel, endpoint: Endpoint): void {
  if (model.routes[endpoint].length > 0) return;
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
