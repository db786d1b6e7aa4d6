/** The service's pino logger, for what Nest makes. */
export const LOGGER = Symbol('admin-api.logger');
/** The document that `/api/openapi.json` shows. */
export const OPENAPI_DOCUMENT = Symbol('admin-api.openapi-document');
