export * from './admin/index.js';
export * from './errors/attempt-error-codes.js';
export * from './errors/error-codes.js';
export * from './errors/gateway-error.js';
export * from './events/index.js';
export * from './http/problem-details.js';
export * from './http/to-anthropic-error-body.js';
export * from './http/to-openai-error-body.js';
