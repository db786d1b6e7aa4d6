import type { z } from 'zod';
import { section } from './leaf.js';
import { cacheSchema } from './cache.schema.js';
import { circuitBreakerSchema } from './circuit-breaker.schema.js';
import { debugSchema } from './debug.schema.js';
import { keySyncSchema } from './key-sync.schema.js';
import { keysSchema } from './key.schema.js';
import { aliasesSchema, modelsSchema } from './model.schema.js';
import { pricesSchema } from './prices.schema.js';
import { providersSchema } from './provider.schema.js';
import { retentionSchema } from './retention.schema.js';
import { retrySchema } from './retry.schema.js';
import { serverSchema } from './server.schema.js';
import { teamsSchema } from './team.schema.js';
import { timeoutsSchema } from './timeouts.schema.js';

/** The whole file, section by section. Only `providers` and `models` must be there. */
export const gatewayConfigSchema = section({
  server: serverSchema.prefault({}),
  providers: providersSchema,
  models: modelsSchema,
  aliases: aliasesSchema.default({}),
  retry: retrySchema.prefault({}),
  circuitBreaker: circuitBreakerSchema.prefault({}),
  timeouts: timeoutsSchema.prefault({}),
  cache: cacheSchema.prefault({}),
  prices: pricesSchema.default({}),
  teams: teamsSchema.default({}),
  keySync: keySyncSchema.prefault({}),
  keys: keysSchema.default([]),
  debug: debugSchema.prefault({}),
  retention: retentionSchema.prefault({}),
});

/** The file as its schemas leave it: defaults filled in, durations in milliseconds, names as in the file. */
export type ParsedFile = z.output<typeof gatewayConfigSchema>;
