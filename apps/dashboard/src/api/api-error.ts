import { type ProblemDetails, problemDetailsSchema } from '@sluice/contracts';

/** Why a call to the API gave no data. */
export type ApiErrorKind = 'answered' | 'unreachable' | 'timed-out' | 'unreadable';

/** What every call to the API throws. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly kind: ApiErrorKind,
    message: string,
    /** Status and problem are there when the API answered. */
    readonly answer: { readonly status: number; readonly problem?: ProblemDetails | undefined } | null = null,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  /** True when whoever calls is not, or no longer, signed in. */
  get isSignedOut(): boolean {
    return this.answer?.status === 401;
  }

  get isNotFound(): boolean {
    return this.answer?.status === 404;
  }

  /** True when the same call may work a moment later. */
  get isPassing(): boolean {
    return this.kind !== 'answered' ? this.kind !== 'unreadable' : (this.answer?.status ?? 0) >= 500;
  }
}

/** The error of an answer that was not 2xx; its text is the problem's detail. Reads the body; never throws. */
export async function errorOfAnswer(response: Response): Promise<ApiError> {
  const problem = await readProblem(response);
  const message = problem?.detail ?? `The API answered ${String(response.status)}.`;
  return new ApiError('answered', message, { status: response.status, problem });
}

async function readProblem(response: Response): Promise<ProblemDetails | undefined> {
  try {
    return problemDetailsSchema.safeParse(await response.json()).data;
  } catch {
    // Not JSON: a proxy between, or no body.
    return undefined;
  }
}
