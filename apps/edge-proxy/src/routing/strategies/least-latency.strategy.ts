import type { PreparedTarget } from '../../control/config-generation.js';
import { orderBy, putFirst } from './order-by.js';
import type { RoutingStrategy, StrategyRequest, StrategyRoute } from './strategy.js';

/** A route that was never measured gets one request in this time: it may be one that answers nothing at all. */
const EXPLORE_EVERY_MS = 1_000;
/** Nor more than these at a time: a black hole holds each until its timeout. */
const EXPLORE_AT_ONCE = 2;

/**
 * The faster of two routes picked by chance: by the time to the first token for streams, to the whole answer
 * otherwise. Two picks, not the fastest of all: that one would get every request until it is slow. Routes that were
 * never measured are tried first, one request a second each; the rest follow by latency.
 */
export class LeastLatencyStrategy implements RoutingStrategy {
  readonly #nextTryMs = new Map<PreparedTarget, number>();

  order(routes: readonly StrategyRoute[], request: StrategyRequest): readonly StrategyRoute[] {
    const { nowMs, stream } = request;
    const latencyOf = ({ stats }: StrategyRoute): number =>
      (stream ? stats.firstTokenMs(nowMs) : stats.answerMs(nowMs)) ?? Number.POSITIVE_INFINITY;
    const ordered = orderBy(routes, latencyOf);
    const unmeasured = this.#findUnmeasured(ordered, latencyOf, request);
    if (unmeasured !== null) return putFirst(ordered, unmeasured);
    return putFirst(ordered, pickOfTwo(ordered, latencyOf, request.random));
  }

  /** They stand at the end, in the order of the file. */
  #findUnmeasured(
    ordered: readonly StrategyRoute[],
    latencyOf: (route: StrategyRoute) => number,
    { nowMs, isDryRun }: StrategyRequest,
  ): StrategyRoute | null {
    for (const route of ordered) {
      if (latencyOf(route) !== Number.POSITIVE_INFINITY) continue;
      if (nowMs < (this.#nextTryMs.get(route.target) ?? 0) || route.stats.inFlight >= EXPLORE_AT_ONCE)
        continue;
      if (!isDryRun) this.#nextTryMs.set(route.target, nowMs + EXPLORE_EVERY_MS);
      return route;
    }
    return null;
  }
}

export const leastLatency = (): RoutingStrategy => new LeastLatencyStrategy();

/** Of two different places by chance the nearer to the front; among routes never measured, either. */
function pickOfTwo(
  ordered: readonly StrategyRoute[],
  latencyOf: (route: StrategyRoute) => number,
  random: () => number,
): StrategyRoute {
  const first = Math.floor(random() * ordered.length);
  const other = Math.floor(random() * (ordered.length - 1));
  const second = other < first ? other : other + 1;
  const [one, two] = [ordered[first], ordered[second]];
  if (one === undefined || two === undefined) throw new Error('a strategy orders two routes or more');
  return latencyOf(two) < latencyOf(one) ? two : one;
}
