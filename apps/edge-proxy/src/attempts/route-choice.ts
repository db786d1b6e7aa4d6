// What the runner asks for its next route; `routing/` answers.
import type { GatewayError } from '@sluice/contracts';
import type { PreparedModel, PreparedTarget } from '../control/config-generation.js';
import type { AttemptFailure } from './attempt-failure.js';
import type { CallPermit, RouteHealth } from './route-health.js';

/** A route that may be called. */
export interface ChosenRoute {
  /** The model that it belongs to: the one asked for, or a fallback. */
  readonly model: PreparedModel;
  readonly target: PreparedTarget;
  readonly stats: RouteHealth;
  /** Its names for the routing record, as JSON text without braces. */
  readonly recordJson: string;
}

/** What the runner is to do. */
export type NextStep =
  /** The permit is the call's: it has to be settled. */
  | {
      readonly kind: 'call';
      readonly route: ChosenRoute;
      readonly permit: CallPermit;
      readonly upstreamBody: Buffer;
    }
  /** Wait, then ask again. */
  | { readonly kind: 'wait'; readonly ms: number; readonly route: ChosenRoute }
  | { readonly kind: 'end' };

/** The routes of one request, as its walk goes on. */
export interface RouteChoice {
  /** @param remainingMs until the request's deadline */
  next(remainingMs: number): NextStep;
  /** What became of the latest call. */
  onFailure(route: ChosenRoute, failure: AttemptFailure): void;
  /** The provider had no free place in time: nobody was called. */
  onBusy(route: ChosenRoute): void;
  /**
   * For a client's fault that another model may not mind.
   * @returns whether there is such a model; its routes are next
   */
  reroute(from: PreparedModel, failure: AttemptFailure): boolean;
  /** Milliseconds until a route that was held back, or asked us to stay away, may be called; null when none was. */
  readonly soonestMs: number | null;
  /** Why nobody could be called. */
  noRouteError(): GatewayError;
}
