import type { PreparedTarget } from '../../control/config-generation.js';
import { orderBy, putFirst } from './order-by.js';
import type { RoutingStrategy, StrategyRequest, StrategyRoute } from './strategy.js';

/**
 * Shares by weight, spread evenly: of weights 3 and 1 the second is every fourth, not one of the next four by chance.
 * The rest follow by weight, so a route of weight 0 comes last.
 * @see nginx's smooth weighted round robin
 */
export class WeightedStrategy implements RoutingStrategy {
  /** How much each target is owed; a target that is filtered out for a while keeps what it was owed. */
  readonly #owed = new Map<PreparedTarget, number>();

  order(
    routes: readonly StrategyRoute[],
    { isDryRun }: Pick<StrategyRequest, 'isDryRun'>,
  ): readonly StrategyRoute[] {
    let total = 0;
    let chosen: StrategyRoute | null = null;
    let mostOwed = 0;
    for (const route of routes) {
      if (route.weight <= 0) continue;
      const owed = (this.#owed.get(route.target) ?? 0) + route.weight;
      if (!isDryRun) this.#owed.set(route.target, owed);
      total += route.weight;
      if (chosen !== null && owed <= mostOwed) continue;
      chosen = route;
      mostOwed = owed;
    }
    if (chosen === null) return routes;
    if (!isDryRun) this.#owed.set(chosen.target, mostOwed - total);
    return putFirst(orderBy(routes, byWeight), chosen);
  }
}

export const weighted = (): RoutingStrategy => new WeightedStrategy();

const byWeight = (route: StrategyRoute): number => -route.weight;
