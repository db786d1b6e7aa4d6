/** Injection tokens for what has no class of its own. */
export const REQUEST_LOG = Symbol('request log');
