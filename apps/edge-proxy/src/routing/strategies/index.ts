import type { RoutingStrategy as StrategyName } from '@sluice/config-schema';
import { leastBusy } from './least-busy.strategy.js';
import { leastLatency } from './least-latency.strategy.js';
import { lowestCost } from './lowest-cost.strategy.js';
import { priority } from './priority.strategy.js';
import { roundRobin } from './round-robin.strategy.js';
import { sticky } from './sticky.strategy.js';
import type { StrategyFactory } from './strategy.js';
import { weighted } from './weighted.strategy.js';

/** A full record over the names that a config may use. */
export const STRATEGIES: Readonly<Record<StrategyName, StrategyFactory>> = {
  priority,
  weighted,
  'round-robin': roundRobin,
  'least-latency': leastLatency,
  'least-busy': leastBusy,
  'lowest-cost': lowestCost,
  sticky,
};
