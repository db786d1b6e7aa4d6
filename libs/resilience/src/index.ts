export * from './classify-failure.js';
export * from './deadline.js';
export * from './retry-after.js';
