import type { ProblemDetails } from '@sluice/contracts';
import { type Problem, ProblemErrorOf, type ProblemMore } from '@sluice/service-kit';

const KINDS = {
  'invalid-request': { status: 400, title: 'The request has fields that are wrong' },
  'bad-request': { status: 400, title: 'The request cannot be understood' },
  'not-signed-in': { status: 401, title: 'Nobody is signed in' },
  'sign-in-failed': { status: 401, title: 'The sign-in failed' },
  'not-allowed': { status: 403, title: 'This is not allowed' },
  'wrong-origin': { status: 403, title: 'The request comes from another site' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body is not JSON' },
  'too-many-sign-ins': { status: 429, title: 'Too many sign-ins have failed' },
  internal: { status: 500, title: 'The service has met a bug' },
  'export-failed': { status: 502, title: 'The export service answers wrongly' },
  'too-many-exports': { status: 503, title: 'Too many exports are running' },
  'export-away': { status: 503, title: 'The export service cannot be reached' },
  'database-away': { status: 503, title: 'The database cannot be used' },
  'query-too-slow': { status: 503, title: 'The database took too long' },
  'too-busy': { status: 503, title: 'Too much is going on' },
  'not-ready': { status: 503, title: 'The service is not ready' },
} as const;

/** What kinds of errors there are; part of their `type`. */
export type ProblemKind = keyof typeof KINDS;

/** Thrown where another service of ours has answered with a problem: it goes to the client as it is. */
export class PassedProblemError extends Error implements Problem {
  override readonly name = 'PassedProblemError';

  constructor(
    readonly problem: ProblemDetails,
    readonly retryAfterS: number | undefined,
  ) {
    super(problem.detail);
  }
}

/** Thrown where a request cannot be served; the filter writes it. */
export class ProblemError extends ProblemErrorOf<ProblemKind> {
  constructor(kind: ProblemKind, detail: string, more?: ProblemMore) {
    super(KINDS, kind, detail, more);
  }
}
