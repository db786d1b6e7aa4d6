import { section } from './leaf.js';
import { number, whole } from './values.schema.js';
import { timer } from './duration.schema.js';

/** `circuitBreaker`. */
export const circuitBreakerSchema = section({
  consecutiveFailures: whole({ min: 1, max: 1_000_000, example: 5 }).default(5),
  failureRatio: number({ min: 0, aboveMin: true, max: 1, example: 0.5 }).default(0.5),
  minRequests: whole({ min: 1, max: 1_000_000, example: 20 }).default(20),
  window: timer('30s').default(30_000),
  openFor: timer('5s').default(5_000),
  maxOpenFor: timer('5m').default(300_000),
  halfOpenProbes: whole({ min: 1, max: 1_000, example: 2 }).default(2),
});
