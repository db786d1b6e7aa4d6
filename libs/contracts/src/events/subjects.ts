import type { HealthState } from './health-changed.event.js';
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

/** Subject of a change of a provider's health. */
export const healthSubject = (provider: string, state: HealthState): string =>
  `sluice.v1.health.${toSubjectToken(provider)}.${state}`;

/** Subject of an action. Both words are ours: lower case and hyphens. */
export const auditSubject = (entity: string, verb: string): string => `sluice.v1.audit.${entity}.${verb}`;

/**
 * A name as one token of a subject, and of a key in a bucket: letters, digits, `_` and `-` stay, all else becomes `=` and
 * the two hexadecimal digits of each byte in UTF-8. Different names give different tokens.
 */
export const toSubjectToken = (name: string): string =>
  name === ''
    ? '='
    : name.replace(/[^\w-]/gu, (character) =>
        [...new TextEncoder().encode(character)]
          .map((byte) => `=${byte.toString(16).padStart(2, '0')}`)
          .join(''),
      );
