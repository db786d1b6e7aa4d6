import type { z } from 'zod';
import { list, section } from './leaf.js';
import { number, oneOf, whole } from './values.schema.js';
import { BUDGET_PERIODS } from '../gateway-config.js';

const budgetSchema = section({
  usd: number({ min: 0, aboveMin: true, max: 1_000_000_000, example: 50 }),
  period: oneOf(BUDGET_PERIODS),
});

/** The fields teams and keys share; an absent limit does not exist. */
export const limitFields = {
  requestsPerMinute: whole({ min: 1, example: 600 }).optional(),
  tokensPerMinute: whole({ min: 1, example: 200_000 }).optional(),
  concurrentRequests: whole({ min: 1, example: 16 }).optional(),
  budgets: list('budgets', budgetSchema).default([]),
} satisfies Readonly<Record<string, z.ZodType>>;
