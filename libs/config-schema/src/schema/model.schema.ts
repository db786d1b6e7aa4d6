import { list, namedMap, section } from './leaf.js';
import { flag, number, oneOf, whole } from './values.schema.js';
import { period } from './duration.schema.js';
import { providerModel, reference } from './names.schema.js';
import { priceSchema } from './prices.schema.js';
import { modelTimeoutsSchema } from './timeouts.schema.js';
import { MODEL_CAPABILITIES, ROUTING_STRATEGIES } from '../gateway-config.js';

const routeSchema = section({
  provider: reference('a provider of this file', 'openai'),
  model: providerModel,
  weight: number({ min: 0, max: 1_000_000, example: 1 }).default(1),
  price: priceSchema.optional(),
});

const modelReference = reference('a model or alias of this file', 'gpt-4o-mini');

/** The reasons a `fallbacksOn` can catch. */
export const FALLBACK_REASONS = ['contextWindow', 'contentPolicy'] as const;

const fallbacksOnSchema = section({
  contextWindow: modelReference.optional(),
  contentPolicy: modelReference.optional(),
});

/** One entry of `models`. */
export const modelSchema = section({
  strategy: oneOf(ROUTING_STRATEGIES).default('priority'),
  routes: list('routes', routeSchema, { nonEmpty: true }),
  fallbacks: list('model names', modelReference).default([]),
  fallbacksOn: fallbacksOnSchema.default({}),
  contextWindow: whole({ min: 1, example: 128_000 }).optional(),
  capabilities: list('capabilities', oneOf(MODEL_CAPABILITIES)).optional(),
  maxTokens: whole({ min: 1, example: 16_384 }).optional(),
  timeouts: modelTimeoutsSchema.default({}),
  cache: section({ ttl: period('10m', { zero: true }) }).optional(),
  singleFlight: flag().default(false),
});

export const modelsSchema = namedMap(modelSchema);

/** `aliases`: other names of models. */
export const aliasesSchema = namedMap(modelReference);
