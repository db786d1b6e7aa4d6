import type { RoutingStrategy as StrategyName } from '@sluice/config-schema';
import type { RoutingStrategy, StrategyFactory } from './strategy.js';

const inOrder: StrategyFactory = (): RoutingStrategy => ({ order: (routes) => routes });

/** A full record over the names that a config may use. */
export const STRATEGIES: Readonly<Record<StrategyName, StrategyFactory>> = {
  priority: inOrder,
  weighted: inOrder,
  'round-robin': inOrder,
  'least-latency': inOrder,
  'least-busy': inOrder,
  'lowest-cost': inOrder,
  sticky: inOrder,
};
