import { orderBy, rotate } from './order-by.js';
import type { RoutingStrategy, StrategyRequest, StrategyRoute } from './strategy.js';

/** By calls under way in this process, the fewest first; equally busy ones take turns. */
export class LeastBusyStrategy implements RoutingStrategy {
  #turn = 0;

  order(
    routes: readonly StrategyRoute[],
    { isDryRun }: Pick<StrategyRequest, 'isDryRun'>,
  ): readonly StrategyRoute[] {
    const start = this.#turn % routes.length;
    if (!isDryRun) this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
    return orderBy(rotate(routes, start), byLoad);
  }
}

export const leastBusy = (): RoutingStrategy => new LeastBusyStrategy();

const byLoad = (route: StrategyRoute): number => route.stats.inFlight;
