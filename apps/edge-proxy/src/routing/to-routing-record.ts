// What routing decided, as it is stored with the request and answered by route/explain.
import type { RoutingRecord } from '@sluice/contracts';
import type { ChosenRoute } from '../attempts/route-choice.js';
import type { FilterReason, ModelPlan } from './route-plan.js';
import { estimateCost } from './route-planner.js';
import type { RequestNeeds } from './request-needs.js';

/** What is told. */
export interface RoutingFacts {
  readonly plans: readonly ModelPlan[];
  /** Routes that were planned but could not be called when their turn came. */
  readonly passedOver: readonly { readonly route: ChosenRoute; readonly reason: FilterReason }[];
  readonly needs: RequestNeeds;
}

type Candidate = RoutingRecord['candidates'][number];

/** The record of one request; its candidates in the order in which they are to be called, then those filtered out. */
export function toRoutingRecord({ plans, passedOver, needs }: RoutingFacts): RoutingRecord | null {
  const [first] = plans;
  if (first === undefined) return null;
  const ordered: Candidate[] = [];
  const filtered: Candidate[] = [];
  for (const plan of plans) {
    for (const route of plan.ordered) {
      const reason = passedOver.find((one) => one.route === route)?.reason ?? null;
      ordered.push({ ...toCandidate(route, needs), order: ordered.length + 1, filtered: reason });
    }
    for (const { route, reason } of plan.held) {
      filtered.push({ ...toCandidate(route, needs), order: null, filtered: reason });
    }
    for (const route of plan.misfits) {
      filtered.push({ ...toCandidate(route, needs), order: null, filtered: plan.misfit });
    }
  }
  const { name, strategy } = first.model.config;
  return { strategy, model: name, candidates: [...ordered, ...filtered] };
}

function toCandidate(route: ChosenRoute, needs: RequestNeeds): Omit<Candidate, 'order' | 'filtered'> {
  return {
    provider: route.target.provider.name,
    providerModel: route.target.providerModel,
    model: route.model.config.name,
    estimatedCostUsdNanos: estimateCost(route, needs),
  };
}
