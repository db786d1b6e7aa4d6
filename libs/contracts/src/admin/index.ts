export * from './overview.schema.js';
export * from './requests.schema.js';
export * from './roles.js';
export * from './session.schema.js';
