// What routing decided for one model: which routes may be called, in what order, and why the others may not.
import type { RoutingRecord } from '@sluice/contracts';
import type { ChosenRoute } from '../attempts/route-choice.js';
import type { Obstacle, RouteHealth } from '../attempts/route-health.js';
import type { PreparedModel, PreparedTarget } from '../control/config-generation.js';
import type { StrategyRoute } from './strategies/strategy.js';

/** Why a route is no candidate. */
export type FilterReason = NonNullable<RoutingRecord['candidates'][number]['filtered']>;

/** A route with what this process knows of it. */
export interface PlannedRoute extends StrategyRoute {
  readonly model: PreparedModel;
  readonly target: PreparedTarget;
  readonly stats: RouteHealth;
  readonly recordJson: string;
}

/** A route that may be called later: its breaker or its credential's cooldown holds it back. */
export interface HeldRoute {
  readonly route: ChosenRoute;
  readonly reason: Obstacle;
}

/** One model's routes for one request. */
export interface ModelPlan {
  readonly model: PreparedModel;
  /** To be called in this order. */
  readonly ordered: readonly PlannedRoute[];
  readonly held: readonly HeldRoute[];
  /** Set when the model cannot serve this request at all, whatever its health. */
  readonly misfit: 'capability' | 'context_window' | null;
  /** All of its routes when it is one, else none. */
  readonly misfits: readonly PlannedRoute[];
}
