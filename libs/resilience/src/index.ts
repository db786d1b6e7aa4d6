export * from './backoff.js';
export * from './circuit-breaker.js';
export * from './classify-failure.js';
export * from './deadline.js';
export * from './peak-ewma.js';
export * from './rendezvous-order.js';
export * from './retry-after.js';
export * from './retry-budget.js';
