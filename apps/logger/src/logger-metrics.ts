import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** The numbers that the logger shows on `/metrics`. */
export interface LoggerMetrics {
  /** Rows by what became of them. */
  readonly rows: Counter<'result'>;
  readonly batches: Counter;
  readonly commitSeconds: Histogram;
  /** From the end of a request to its commit, of the oldest row in the last batch. */
  readonly lagSeconds: Gauge;
}

/** Registers them. */
export function createLoggerMetrics(registry: Registry): LoggerMetrics {
  const registers = [registry];
  return {
    rows: new Counter({
      name: 'sluice_logger_rows_total',
      help: 'Request events by result: inserted, duplicate (was there before), dead (can never be stored).',
      labelNames: ['result'],
      registers,
    }),
    batches: new Counter({
      name: 'sluice_logger_batches_total',
      help: 'Transactions committed to request_log.',
      registers,
    }),
    commitSeconds: new Histogram({
      name: 'sluice_logger_commit_seconds',
      help: 'Time of one committed transaction.',
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
    lagSeconds: new Gauge({
      name: 'sluice_logger_lag_seconds',
      help: 'From the end of a request to its commit, of the oldest row in the last batch.',
      registers,
    }),
  };
}
