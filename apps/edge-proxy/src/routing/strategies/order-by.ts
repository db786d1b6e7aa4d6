import type { StrategyRoute } from './strategy.js';

/**
 * The routes by rising value; equal ones keep their order. Values are asked for once each. An insertion sort: models
 * have few routes, and this is run for each request.
 */
export function orderBy(
  routes: readonly StrategyRoute[],
  valueOf: (route: StrategyRoute) => number,
): StrategyRoute[] {
  const ordered: StrategyRoute[] = [];
  const values: number[] = [];
  for (const route of routes) {
    const value = valueOf(route);
    let place = ordered.length;
    for (; place > 0; place -= 1) {
      const before = values[place - 1];
      const moved = ordered[place - 1];
      if (before === undefined || moved === undefined || before <= value) break;
      values[place] = before;
      ordered[place] = moved;
    }
    values[place] = value;
    ordered[place] = route;
  }
  return ordered;
}

/** The routes with one of them moved to the front. */
export function putFirst(routes: readonly StrategyRoute[], first: StrategyRoute): readonly StrategyRoute[] {
  if (routes[0] === first) return routes;
  const ordered = [first];
  for (const route of routes) if (route !== first) ordered.push(route);
  return ordered;
}

/** The routes from one place on, then those before it. */
export function rotate(routes: readonly StrategyRoute[], start: number): readonly StrategyRoute[] {
  if (start === 0) return routes;
  const ordered: StrategyRoute[] = [];
  for (let index = start; index < routes.length; index += 1) push(ordered, routes[index]);
  for (let index = 0; index < start; index += 1) push(ordered, routes[index]);
  return ordered;
}

function push(ordered: StrategyRoute[], route: StrategyRoute | undefined): void {
  if (route !== undefined) ordered.push(route);
}
