import { ProblemErrorOf, type ProblemMore } from '@sluice/service-kit';

const KINDS = {
  'invalid-query': { status: 400, title: 'The query of the export is wrong' },
  'not-allowed': { status: 403, title: 'The export API is for services beside it' },
  'unknown-route': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed' },
  'too-many-exports': { status: 503, title: 'Too many exports are running' },
  'database-away': { status: 503, title: 'The database cannot be read' },
  stopping: { status: 503, title: 'The service stops' },
  'bad-request': { status: 400, title: 'The request cannot be understood' },
  internal: { status: 500, title: 'The service has met a bug' },
} as const;

type ProblemKind = keyof typeof KINDS;

/** Thrown where a request cannot be served; the filter writes it. */
export class ProblemError extends ProblemErrorOf<ProblemKind> {
  constructor(kind: ProblemKind, detail: string, more?: ProblemMore) {
    super(KINDS, kind, detail, more);
  }
}
