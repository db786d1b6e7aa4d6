import type { RequestOutcome } from './request-completed.event.js';

/** Everything that operators may read. */
export const ALL_SUBJECTS = 'sluice.v1.>';
export const REQUEST_SUBJECTS = 'sluice.v1.request.*';
export const AUDIT_SUBJECTS = 'sluice.v1.audit.*.*';
export const DEBUG_SUBJECTS = 'sluice.v1.debug.captured';
export const HEALTH_SUBJECTS = 'sluice.v1.health.*.*';
export const DEAD_SUBJECTS = 'sluice.v1.dead.*.*';

/** Subject of the request events with one outcome. */
export const requestSubject = (outcome: RequestOutcome): string => `sluice.v1.request.${outcome}`;

/** Subject of what a consumer could not take. Both names are ours, so they hold no dot. */
export const deadSubject = (stream: string, consumer: string): string =>
  `sluice.v1.dead.${stream}.${consumer}`;
