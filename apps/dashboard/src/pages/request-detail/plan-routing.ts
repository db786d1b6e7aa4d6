import type { RequestDetail, RouteFilter, RoutingCandidate } from '@sluice/contracts';

/** What became of a route: called, left out, or never reached. */
export type RouteFate =
  | { readonly kind: 'served' | 'cancelled' | 'unknown' }
  | { readonly kind: 'failed'; readonly calls: number }
  | { readonly kind: 'filtered'; readonly why: string }
  | { readonly kind: 'not-reached' };

/** One line of the table of routes. */
export interface RouteRow {
  /** Place in the record: provider and model may come twice. */
  readonly key: number;
  readonly candidate: RoutingCandidate;
  /** It is not the asked model's own, but one of a fallback. */
  readonly isFallback: boolean;
  readonly fate: RouteFate;
}

const WHY: Readonly<Record<RouteFilter, string>> = {
  breaker_open: 'circuit breaker open',
  cooldown: 'credential cooling down',
  capability: 'lacks a capability',
  context_window: 'context window too small',
  no_endpoint: 'no such endpoint there',
  untranslatable: 'cannot be said in its dialect',
  key_policy: 'not allowed for the key',
  busy: 'no free place in time',
  retry_budget: 'retries used up',
};

/** The routes in the order in which they could be tried, then those that were left out. */
export function planRouting({
  routing,
  attempts,
}: Pick<RequestDetail, 'routing' | 'attempts'>): readonly RouteRow[] {
  if (routing === null) return [];
  const rows = routing.candidates.map((candidate, key) => ({
    key,
    candidate,
    isFallback: candidate.model !== routing.model,
    fate: fateOf(candidate, attempts),
  }));
  return rows.sort((a, b) => placeOf(a) - placeOf(b) || a.key - b.key);
}

const placeOf = ({ candidate }: RouteRow): number => candidate.order ?? Infinity;

function fateOf(
  { provider, providerModel, filtered }: RoutingCandidate,
  attempts: RequestDetail['attempts'],
): RouteFate {
  const calls = attempts.filter((one) => one.provider === provider && one.providerModel === providerModel);
  const last = calls.at(-1)?.decision;
  if (last === 'served' || last === 'cancelled' || last === 'unknown') return { kind: last };
  if (last !== undefined) return { kind: 'failed', calls: calls.length };
  return filtered === null ? { kind: 'not-reached' } : { kind: 'filtered', why: WHY[filtered] };
}
