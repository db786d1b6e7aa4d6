/** One parameter at fault. */
export interface ParameterProblem {
  readonly parameter: string;
  /** What is wrong with it; shows no more of the value than its kind. */
  readonly detail: string;
  /** What is allowed. */
  readonly allowed: string | readonly string[];
}

/** The body of an error, RFC 9457. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly ParameterProblem[];
}

export const PROBLEM_CONTENT_TYPE = 'application/problem+json; charset=utf-8';

const TITLES = {
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

/** Thrown where a request cannot be served; the filter writes it. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: ProblemDetails;
  /** Seconds after which trying again makes sense. */
  readonly retryAfterS: number | undefined;

  constructor(
    kind: keyof typeof TITLES,
    detail: string,
    more: { errors?: readonly ParameterProblem[]; retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause });
    const { status, title } = TITLES[kind];
    this.retryAfterS = more.retryAfterS;
    this.problem = {
      type: `urn:sluice:problem:${kind}`,
      title,
      status,
      detail,
      ...(more.errors === undefined ? {} : { errors: more.errors }),
    };
  }
}
