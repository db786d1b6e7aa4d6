// One `/metrics` for all processes of an edge.
import { AggregatorRegistry, Registry } from 'prom-client';
import type { MetricSnapshot } from './worker-protocol.js';

/** What a worker said. */
export interface WorkerMetrics {
  /** From 1. */
  readonly worker: number;
  readonly metrics: readonly MetricSnapshot[];
}

export interface MergedMetricsOptions {
  /** Of the primary itself. */
  readonly own: Registry;
  /** Of all workers that answered. Never rejects. */
  readonly ask: () => Promise<readonly WorkerMetrics[]>;
}

/** About one process, so that a sum says nothing; they get the label `worker`. */
const OF_A_PROCESS = /^(?:process|nodejs)_/;

/**
 * Counters and histograms are summed over the workers, those that died included, as they were last asked: a sum never
 * falls. Gauges are summed too (or as their `aggregator` says), but for those about a process: there is one of each.
 */
export class MergedMetrics extends Registry {
  readonly #options: MergedMetricsOptions;
  readonly #last = new Map<number, readonly MetricSnapshot[]>();
  /** How many have ended in each place. */
  readonly #ends = new Map<number, number>();
  /** Sums of workers that are gone. */
  #gone: readonly MetricSnapshot[] = [];

  constructor(options: MergedMetricsOptions) {
    super();
    this.#options = options;
  }

  override async metrics(): Promise<string> {
    const ends = new Map(this.#ends);
    for (const { worker, metrics } of await this.#options.ask()) {
      // One that has ended meanwhile is among the gone already; as an answer too it would count twice.
      if (ends.get(worker) === this.#ends.get(worker)) this.#last.set(worker, metrics);
    }
    const own = await snapshotOf(this.#options.own);
    return merge([
      labelled(own, 'primary'),
      ...[...this.#last].map(([worker, metrics]) => labelled(metrics, String(worker))),
      this.#gone,
    ]).metrics();
  }

  /** A worker has ended: what it had counted stays in the sums. */
  async keep(worker: number): Promise<void> {
    this.#ends.set(worker, (this.#ends.get(worker) ?? 0) + 1);
    const last = this.#last.get(worker);
    this.#last.delete(worker);
    if (last === undefined) return;
    const counted = last.filter((metric) => isCounted(metric) && !OF_A_PROCESS.test(metric.name));
    const gone = [...this.#gone, ...counted];
    this.#gone = gone;
    const summed = await snapshotOf(merge([gone]));
    // Another worker may have ended meanwhile.
    if (this.#gone === gone) this.#gone = summed;
  }
}

/** A registry's metrics with their values. */
export const snapshotOf = (registry: Registry): Promise<readonly MetricSnapshot[]> =>
  registry.getMetricsAsJSON();

// The declared parameter is `Object[]`, meaning lists as above.
const merge = (lists: readonly (readonly MetricSnapshot[])[]): Registry =>
  AggregatorRegistry.aggregate([...lists]);

const isCounted = ({ type }: MetricSnapshot): boolean => {
  const name = String(type);
  return name === 'counter' || name === 'histogram';
};

function labelled(metrics: readonly MetricSnapshot[], worker: string): readonly MetricSnapshot[] {
  return metrics.map((metric) =>
    OF_A_PROCESS.test(metric.name)
      ? {
          ...metric,
          values: metric.values.map((value) => ({ ...value, labels: { ...value.labels, worker } })),
        }
      : metric,
  );
}
