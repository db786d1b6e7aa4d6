import { z } from 'zod';

/** Whole tokens of one attempt or the sum over attempts. `input` includes cached; `output` includes reasoning. */
export const tokenCountsSchema = z.object({
  input: z.int().nonnegative(),
  output: z.int().nonnegative(),
  cachedInput: z.int().nonnegative(),
  cacheWrite: z.int().nonnegative(),
  reasoning: z.int().nonnegative(),
  audio: z.int().nonnegative(),
  image: z.int().nonnegative(),
});
export type TokenCounts = z.infer<typeof tokenCountsSchema>;

/** Nothing was counted. */
export const NO_TOKENS: TokenCounts = Object.freeze({
  input: 0,
  output: 0,
  cachedInput: 0,
  cacheWrite: 0,
  reasoning: 0,
  audio: 0,
  image: 0,
});
