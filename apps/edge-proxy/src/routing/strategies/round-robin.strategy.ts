import { rotate } from './order-by.js';
import type { RoutingStrategy, StrategyRequest, StrategyRoute } from './strategy.js';

/** Each route in turn, whatever its weight; the one after it is the first fallback. */
export class RoundRobinStrategy implements RoutingStrategy {
  #turn = 0;

  order(
    routes: readonly StrategyRoute[],
    { isDryRun }: Pick<StrategyRequest, 'isDryRun'>,
  ): readonly StrategyRoute[] {
    const start = this.#turn % routes.length;
    if (!isDryRun) this.#turn = (this.#turn + 1) % Number.MAX_SAFE_INTEGER;
    return rotate(routes, start);
  }
}

export const roundRobin = (): RoutingStrategy => new RoundRobinStrategy();
