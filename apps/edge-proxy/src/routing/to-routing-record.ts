// What routing decided, as JSON text: it is written into the event of every request, so by hand.
import type { ChosenRoute } from '../attempts/route-choice.js';
import type { FilterReason, ModelPlan } from './route-plan.js';
import { estimateCost } from './route-planner.js';
import type { RequestNeeds } from './request-needs.js';

/** What is told. */
export interface RoutingFacts {
  /** At least one: the asked model's, then those that it fell back to. */
  readonly plans: readonly ModelPlan[];
  /** Routes that were planned but could not be called when their turn came. */
  readonly passedOver: readonly { readonly route: ChosenRoute; readonly reason: FilterReason }[];
  readonly needs: RequestNeeds;
}

/**
 * A RoutingRecord of the contracts as JSON: candidates in the order in which they are to be called, then those that
 * were filtered out.
 */
export function toRoutingRecordJson({ plans, passedOver, needs }: RoutingFacts): string {
  let ordered = '';
  let filtered = '';
  let count = 0;
  for (const plan of plans) {
    for (const route of plan.ordered) {
      count += 1;
      const reason = passedOver.length === 0 ? null : reasonFor(route, passedOver);
      ordered += `${ordered === '' ? '' : ','}${candidate(route, needs, count, reason)}`;
    }
    for (const { route, reason } of plan.held) filtered += `,${candidate(route, needs, null, reason)}`;
    for (const route of plan.misfits) filtered += `,${candidate(route, needs, null, plan.misfit)}`;
  }
  const candidates = ordered === '' ? filtered.slice(1) : ordered + filtered;
  return `{${plans[0]?.model.recordJson ?? ''},"candidates":[${candidates}]}`;
}

const reasonFor = (route: ChosenRoute, passedOver: RoutingFacts['passedOver']): FilterReason | null =>
  passedOver.find((one) => one.route === route)?.reason ?? null;

function candidate(
  route: ChosenRoute,
  needs: RequestNeeds,
  order: number | null,
  filtered: FilterReason | null,
): string {
  const reason = filtered === null ? 'null' : `"${filtered}"`;
  return (
    `{${route.recordJson},"order":${order},"filtered":${reason},` +
    `"estimatedCostUsdNanos":${estimateCost(route, needs)}}`
  );
}
