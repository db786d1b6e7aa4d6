export * from './errors/error-codes.js';
export * from './errors/gateway-error.js';
export * from './events/index.js';
export * from './http/to-openai-error-body.js';
