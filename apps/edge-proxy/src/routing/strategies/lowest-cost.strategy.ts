import { orderBy } from './order-by.js';
import type { RoutingStrategy, StrategyRoute } from './strategy.js';

/** By what the request would cost, the cheapest first; a route without a price comes last, it may cost anything. */
export const lowestCost = (): RoutingStrategy => ({ order: (routes) => orderBy(routes, byCost) });

const byCost = (route: StrategyRoute): number => route.estimatedCostUsdNanos ?? Number.POSITIVE_INFINITY;
