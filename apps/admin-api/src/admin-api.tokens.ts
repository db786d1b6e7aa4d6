/** The service's pino logger, for what Nest makes. */
export const LOGGER = Symbol('admin-api.logger');
