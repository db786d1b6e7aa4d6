// What the seven strategies have in common. A strategy permutes: it drops nothing and adds nothing.
import type { PreparedTarget } from '../../control/config-generation.js';
import type { RouteStats } from '../../attempts/route-stats.js';

/** One eligible route as a strategy sees it. */
export interface StrategyRoute {
  readonly target: PreparedTarget;
  /** The config's; above 0 for at least one route of a model. */
  readonly weight: number;
  readonly stats: RouteStats;
  /** What the request would cost there by estimate; null when no price is known. */
  readonly estimatedCostUsdNanos: number | null;
}

/** What a strategy may know of the request. */
export interface StrategyRequest {
  readonly stream: boolean;
  /** `x-sluice-session`, else the body's `user`; null without both. */
  readonly stickyKey: string | null;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Monotonic clock, milliseconds. */
  readonly nowMs: number;
  /** Only asked for the order, nobody is called: counters stay as they are. */
  readonly isDryRun: boolean;
}

/** Orders the eligible routes of one model, the best first. Keeps its own counters, and those alone. */
export interface RoutingStrategy {
  /** @param routes at least two, in the order of the file; may be returned as they are, is never changed */
  order(routes: readonly StrategyRoute[], request: StrategyRequest): readonly StrategyRoute[];
}

/** Makes a strategy for one model of one config generation. */
export type StrategyFactory = () => RoutingStrategy;
