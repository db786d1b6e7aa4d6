/**
 * The streams whose events go through the spool. A stream's place in this list is its code on disk: only ever append.
 */
export const SPOOLED_STREAMS = ['SLUICE_REQUESTS', 'SLUICE_AUDIT', 'SLUICE_DEBUG', 'SLUICE_HEALTH'] as const;

/** Name of a stream that the spool numbers. */
export type SpooledStream = (typeof SPOOLED_STREAMS)[number];

/** Code of {@link SPOOLED_STREAMS}' first entry. */
export const REQUESTS_CODE = 0;
