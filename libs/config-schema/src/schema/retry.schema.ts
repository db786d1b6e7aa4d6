import { section } from './leaf.js';
import { number, oneOf, whole } from './values.schema.js';
import { timer } from './duration.schema.js';

/** `retry`. */
export const retrySchema = section({
  // More than ten calls for one request is a storm, whatever the reason.
  maxAttempts: whole({ min: 1, max: 10, example: 3 }).default(3),
  initialBackoff: timer('200ms', { zero: true }).default(200),
  multiplier: number({ min: 1, max: 100, example: 2 }).default(2),
  maxBackoff: timer('5s', { zero: true }).default(5_000),
  jitter: oneOf(['full', 'none']).default('full'),
  budgetRatio: number({ min: 0, max: 1, example: 0.2 }).default(0.2),
  maxRetryAfterWait: timer('5s', { zero: true }).default(5_000),
});
