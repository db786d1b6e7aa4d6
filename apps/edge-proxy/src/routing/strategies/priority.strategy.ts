import type { RoutingStrategy } from './strategy.js';

/** The order of the file: the next route is for when the one before it cannot serve. */
export const priority = (): RoutingStrategy => ({ order: (routes) => routes });
