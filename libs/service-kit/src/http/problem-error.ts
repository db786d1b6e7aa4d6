// Errors of our internal and admin APIs as RFC 9457 says them. What kinds there are is each service's own table.
import type { ServerResponse } from 'node:http';
import { PROBLEM_CONTENT_TYPE, type ParameterProblem, type ProblemDetails } from '@sluice/contracts';

/** What an answer needs. */
export interface Problem {
  readonly problem: ProblemDetails;
  /** Seconds after which trying again makes sense. */
  readonly retryAfterS: number | undefined;
}

/** A service's kinds of errors. */
export type ProblemKinds<Kind extends string> = Readonly<
  Record<Kind, { readonly status: number; readonly title: string }>
>;

/** What may be said beside the sentence. */
export interface ProblemMore {
  readonly errors?: readonly ParameterProblem[];
  readonly retryAfterS?: number;
  readonly cause?: unknown;
}

/** Thrown where a request cannot be served; a service has a subclass that knows its kinds, and a filter that writes it. */
export abstract class ProblemErrorOf<Kind extends string> extends Error implements Problem {
  override readonly name = 'ProblemError';
  readonly problem: ProblemDetails;
  readonly retryAfterS: number | undefined;

  /** @param detail for people: what is wrong and the way out; never a value that was sent */
  constructor(
    kinds: ProblemKinds<Kind>,
    readonly kind: Kind,
    detail: string,
    more: ProblemMore = {},
  ) {
    super(detail, { cause: more.cause });
    const { status, title } = kinds[kind];
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

/** Writes the whole answer, or breaks the connection when one has begun: it must not end as if it were whole. */
export function writeProblem(response: ServerResponse, { problem, retryAfterS }: Problem): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const body = Buffer.from(JSON.stringify(problem));
  if (retryAfterS !== undefined) response.setHeader('retry-after', retryAfterS);
  response.writeHead(problem.status, {
    'content-type': PROBLEM_CONTENT_TYPE,
    'content-length': body.length,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
