// How the routes of a request were chosen: part of the request event, and the answer of POST /v1/route/explain.
import { z } from 'zod';

/** Why a route was not among those that could be tried. */
export const ROUTE_FILTERS = [
  'breaker_open',
  'cooldown',
  'capability',
  'context_window',
  'no_endpoint',
  'untranslatable',
  'key_policy',
  /** Every place of the provider was taken for as long as a request may wait. */
  'busy',
  /** The provider has had its share of repeats. */
  'retry_budget',
] as const;
export type RouteFilter = (typeof ROUTE_FILTERS)[number];

export const routingCandidateSchema = z.object({
  provider: z.string(),
  /** The provider's own name of the model. */
  providerModel: z.string(),
  /** The model that the route belongs to: the asked one, or one of its fallbacks. */
  model: z.string(),
  /** Place in the order in which routes are tried, from 1; null when it was filtered out. */
  order: z.int().positive().nullable(),
  filtered: z.enum(ROUTE_FILTERS).nullable(),
  /** What the request would cost there by estimate, in nano-USD; null without a price. */
  estimatedCostUsdNanos: z.int().nonnegative().nullable(),
});
export type RoutingCandidate = z.infer<typeof routingCandidateSchema>;

export const routingRecordSchema = z.object({
  /** The asked model's. */
  strategy: z.string(),
  /** After aliases. */
  model: z.string(),
  /** Every route of the model, then those of its fallbacks, filtered ones included. */
  candidates: z.array(routingCandidateSchema),
});
/** Which routes there were for a request, in which order, and why some were left out. */
export type RoutingRecord = z.infer<typeof routingRecordSchema>;
