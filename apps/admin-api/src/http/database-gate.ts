import type { DatabaseMonitor } from '@sluice/service-kit';
import { sqlState } from '@sluice/storage';
import { ProblemError } from './problem.js';

const RETRY_AFTER_S = 2;
const STATEMENT_CANCELLED = '57014';
/** The server shuts down or starts, refuses connections, or has no tables yet. */
const AWAY_STATES = /^(57P|08|53|42P01$|3D000$)/;

/** The way of every request to the database: while it is known to be away, nobody waits for it. */
export class DatabaseGate {
  constructor(private readonly monitor: DatabaseMonitor) {}

  /** Runs the work. Throws ProblemError 503 when the database is away or takes too long; other errors as they are. */
  async ask<Result>(work: () => Promise<Result>): Promise<Result> {
    if (!this.monitor.check().ok) throw away();
    try {
      const result = await work();
      this.monitor.reportSuccess();
      return result;
    } catch (error) {
      if (error instanceof ProblemError) throw error;
      if (sqlState(error) === STATEMENT_CANCELLED) throw tooSlow(error);
      if (!isAway(error)) throw error;
      this.monitor.reportFailure(error);
      throw away(error);
    }
  }
}

function isAway(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== undefined) return AWAY_STATES.test(state);
  // The driver's own errors are plain ones; a bug of ours is a TypeError or alike.
  return error instanceof AggregateError || (error instanceof Error && error.name === 'Error');
}

const away = (cause?: unknown): ProblemError =>
  new ProblemError('database-away', 'Postgres (DATABASE_URL) cannot be used now; /readyz says why.', {
    retryAfterS: RETRY_AFTER_S,
    cause,
  });

const tooSlow = (cause: unknown): ProblemError =>
  new ProblemError('query-too-slow', 'Ask for a shorter time or with more filters.', { cause });
