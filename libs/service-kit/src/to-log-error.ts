import { format } from 'node:util';
/** An error as it stands in a log line. Only these fields: drivers hang rows, sockets and requests on their errors. */
export interface LogError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly stack?: string;
  readonly cause?: LogError;
  readonly errors?: readonly LogError[];
}

const DEEPEST_CAUSE = 5;
const MOST_ERRORS = 5;

/** Translates anything thrown into loggable fields, with its causes (at most 5 deep). Never throws. */
export function toLogError(thrown: unknown, depth = 0): LogError {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: describe(thrown) };
  // Many system and driver errors have a `code`; Error's type does not say so.
  const code: unknown = 'code' in thrown ? thrown.code : undefined;
  const deeper = depth < DEEPEST_CAUSE;
  return {
    type: thrown.name,
    message: thrown.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code: String(code) } : {}),
    ...(thrown.stack === undefined ? {} : { stack: thrown.stack }),
    ...(deeper && thrown.cause !== undefined ? { cause: toLogError(thrown.cause, depth + 1) } : {}),
    ...(deeper && thrown instanceof AggregateError
      ? { errors: thrown.errors.slice(0, MOST_ERRORS).map((inner: unknown) => toLogError(inner, depth + 1)) }
      : {}),
  };
}

function describe(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown;
  try {
    return format('%j', thrown);
  } catch {
    return Object.prototype.toString.call(thrown);
  }
}
