import { describe, expect, it } from 'vitest';
import { REQUEST_OUTCOMES } from './request-completed.event.js';
import {
  ALL_SUBJECTS,
  auditSubject,
  AUDIT_SUBJECTS,
  DEAD_SUBJECTS,
  deadSubject,
  DEBUG_SUBJECTS,
  healthSubject,
  HEALTH_SUBJECTS,
  REQUEST_SUBJECTS,
  requestSubject,
  toSubjectToken,
} from './subjects.js';

/** NATS' own rule: `*` is one token, `>` at the end is one or more. */
function matches(pattern: string, subject: string): boolean {
  const wanted = pattern.split('.');
  const given = subject.split('.');
  if (wanted.at(-1) === '>') return given.length >= wanted.length && startsAlike(wanted.slice(0, -1), given);
  return given.length === wanted.length && startsAlike(wanted, given);
}
const startsAlike = (wanted: readonly string[], given: readonly string[]): boolean =>
  wanted.every((token, index) => token === '*' || token === given[index]);

const STREAM_SUBJECTS = [REQUEST_SUBJECTS, AUDIT_SUBJECTS, DEBUG_SUBJECTS, HEALTH_SUBJECTS, DEAD_SUBJECTS];
const SAMPLES = [
  ...REQUEST_OUTCOMES.map(requestSubject),
  auditSubject('key', 'revoked'),
  healthSubject('a provider. of > *mine*', 'opened'),
  'sluice.v1.debug.captured',
  healthSubject('openai', 'half-open'),
  deadSubject('SLUICE_REQUESTS', 'logger-requests'),
];

describe('subjects', () => {
  it('are the published ones: a rename breaks every consumer that others have built', () => {
    expect(REQUEST_OUTCOMES.map(requestSubject)).toEqual([
      'sluice.v1.request.succeeded',
      'sluice.v1.request.failed',
      'sluice.v1.request.cached',
      'sluice.v1.request.rejected',
      'sluice.v1.request.cancelled',
      'sluice.v1.request.unknown',
    ]);
    expect(deadSubject('SLUICE_REQUESTS', 'logger-requests')).toBe(
      'sluice.v1.dead.SLUICE_REQUESTS.logger-requests',
    );
  });

  it.each(SAMPLES)('%s is taken by exactly one stream, as streams may not overlap', (subject) => {
    expect(STREAM_SUBJECTS.filter((pattern) => matches(pattern, subject))).toHaveLength(1);
  });

  it.each(SAMPLES)('%s can be read by an operator', (subject) => {
    expect(matches(ALL_SUBJECTS, subject)).toBe(true);
  });
});

describe('a name in a subject', () => {
  it.each([
    ['openai', 'openai'],
    ['my_own-1', 'my_own-1'],
    ['gpt-4.1', 'gpt-4=2e1'],
    ['a b', 'a=20b'],
    ['ü', '=c3=bc'],
    ['*.>', '=2a=2e=3e'],
    ['=', '=3d'],
    ['', '='],
  ])('%j is the one token %j', (name, token) => {
    expect(toSubjectToken(name)).toBe(token);
  });

  it('is never the token of another name', () => {
    const names = ['', '=', '=20', ' ', '.', '=2e', '20', 'a', 'A', 'é', 'e\u0301'];
    expect(new Set(names.map(toSubjectToken)).size).toBe(names.length);
  });
});
