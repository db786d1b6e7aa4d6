import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** How the aggregator itself is doing, on `/metrics`. */
export interface AggregatorMetrics {
  /** Events by what became of them. */
  readonly events: Counter<'result'>;
  readonly batches: Counter;
  readonly commitSeconds: Histogram;
  /** From the end of a request to its commit, of the oldest event in the last batch. */
  readonly lagSeconds: Gauge;
}

/** Registers them. */
export function createAggregatorMetrics(registry: Registry): AggregatorMetrics {
  const registers = [registry];
  return {
    events: new Counter({
      name: 'sluice_aggregator_events_total',
      help: 'Request events by result: counted, duplicate (was counted before), dead (can never be counted).',
      labelNames: ['result'],
      registers,
    }),
    batches: new Counter({
      name: 'sluice_aggregator_batches_total',
      help: 'Transactions committed to metric_minute.',
      registers,
    }),
    commitSeconds: new Histogram({
      name: 'sluice_aggregator_commit_seconds',
      help: 'Time of one committed transaction.',
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
    lagSeconds: new Gauge({
      name: 'sluice_aggregator_lag_seconds',
      help: 'From the end of a request to its commit, of the oldest event in the last batch.',
      registers,
    }),
  };
}
