export * from './provider-adapter.js';
export * from './registry.js';
export * from './messages/estimate-input-tokens.js';
export * from './translate/failure-body.js';
export * from './translate/translation-refusal.js';
export * from './wire/json-problem.js';
export * from './wire/read-unknown.js';
export * from './wire/scan-json.js';
