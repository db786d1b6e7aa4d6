import { seededRandom } from '@sluice/testing';
import type { PreparedTarget } from '../../../control/config-generation.js';
import type { StrategyRequest, StrategyRoute } from '../strategy.js';

/** What a spec says of a route; the rest is like nothing has happened yet. */
export interface RouteFacts {
  readonly name: string;
  readonly weight?: number;
  readonly inFlight?: number;
  readonly firstTokenMs?: number | null;
  readonly answerMs?: number | null;
  readonly costUsdNanos?: number | null;
}

/** A route as strategies see it; its facts may be changed later through the object that was passed. */
export const makeRoute = (facts: RouteFacts): StrategyRoute => ({
  // Strategies know targets as keys, and of what is in them `json` alone.
  target: { json: `"provider":"${facts.name}"` } as unknown as PreparedTarget,
  weight: facts.weight ?? 1,
  stats: {
    get inFlight() {
      return facts.inFlight ?? 0;
    },
    firstTokenMs: () => facts.firstTokenMs ?? null,
    answerMs: () => facts.answerMs ?? null,
  },
  estimatedCostUsdNanos: facts.costUsdNanos ?? null,
});

/** A route for each letter, with the weights given. */
export const makeRoutes = (weights: Readonly<Record<string, number>>): StrategyRoute[] =>
  Object.entries(weights).map(([name, weight]) => makeRoute({ name, weight }));

export const makeRequest = (more: Partial<StrategyRequest> = {}): StrategyRequest => ({
  stream: false,
  stickyKey: null,
  random: seededRandom(1),
  nowMs: 0,
  isDryRun: false,
  ...more,
});

/** The names in order, e.g. `ab`. */
export const namesOf = (routes: readonly StrategyRoute[]): string =>
  routes.map(({ target }) => target.json.slice('"provider":"'.length, -1)).join('');
