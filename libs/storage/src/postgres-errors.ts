/** Fields of a server's error that we read. */
interface ServerError extends Error {
  readonly code: string;
  readonly routine?: string;
}

// Only what the server sent has a severity; a system error's code, such as EPIPE, can look like a SQLSTATE.
const asServerError = (error: unknown): ServerError | undefined =>
  error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string'
    ? // Checked above.
      (error as ServerError)
    : undefined;

/** The SQLSTATE of a server's error; undefined for anything else, such as a lost connection. */
export const sqlState = (error: unknown): string | undefined => asServerError(error)?.code;

/** No partition takes the row's day. Shares its SQLSTATE with check constraints, so the server's routine decides. */
export function isMissingPartition(error: unknown): boolean {
  const found = asServerError(error);
  return found?.code === '23514' && found.routine === 'ExecFindPartition';
}

/** The transaction lost against another one (deadlock, serialization) and may simply be run again. */
export function isTransactionConflict(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40P01' || state === '40001';
}

/** What was sent can never be stored: a data exception, a broken constraint, a row or a parameter over a server's limit. */
export function isDataError(error: unknown): boolean {
  const state = sqlState(error);
  if (state === undefined || isMissingPartition(error)) return false;
  return state.startsWith('22') || state.startsWith('23') || state === '54000';
}

/**
 * SQLSTATE and sentence of a data error. The sentence may quote the value at fault ('invalid input syntax … "…"'), which is
 * somebody's data, so quotes are emptied.
 */
export function describeDataError(error: unknown): { code: string; message: string } {
  const message = error instanceof Error ? error.message : 'unknown';
  return { code: sqlState(error) ?? 'unknown', message: message.replaceAll(/"[^"]*"/g, '"…"') };
}
