import { rendezvousHash, rendezvousScore } from '@sluice/resilience';
import type { PreparedTarget } from '../../control/config-generation.js';
import { orderBy } from './order-by.js';
import type { RoutingStrategy, StrategyRequest, StrategyRoute } from './strategy.js';
import { WeightedStrategy } from './weighted.strategy.js';

/**
 * A session's requests go to one route, the same in every process, which keeps that provider's prompt cache warm. A
 * route that may not be called is not among the routes: its sessions go to their second, and come back. Requests
 * without a session are spread by weight.
 */
export class StickyStrategy implements RoutingStrategy {
  readonly #withoutSession = new WeightedStrategy();
  readonly #hashes = new Map<PreparedTarget, number>();

  order(routes: readonly StrategyRoute[], request: StrategyRequest): readonly StrategyRoute[] {
    const { stickyKey } = request;
    if (stickyKey === null) return this.#withoutSession.order(routes, request);
    const keyHash = rendezvousHash(stickyKey);
    return orderBy(routes, ({ target, weight }) => -rendezvousScore(keyHash, this.#hashOf(target), weight));
  }

  /** Of provider and model, but not the credential: a new one keeps the sessions where they are. */
  #hashOf(target: PreparedTarget): number {
    let hash = this.#hashes.get(target);
    if (hash === undefined) {
      hash = rendezvousHash(target.json);
      this.#hashes.set(target, hash);
    }
    return hash;
  }
}

export const sticky = (): RoutingStrategy => new StickyStrategy();
