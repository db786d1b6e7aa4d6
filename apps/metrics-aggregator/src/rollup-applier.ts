import type { CommitResult, DeliveryWork } from '@sluice/bus';
import type { DatabaseMonitor } from '@sluice/service-kit';
import type { RequestCompleted } from '@sluice/contracts';
import type { RollUpBatch, RollUpResult } from '@sluice/storage';
import type { AggregatorMetrics } from './aggregator-metrics.js';
import { rollUp } from './rollup-window.js';

/** What a {@link RollupApplier} needs. */
export interface RollupApplierOptions {
  readonly apply: (batch: RollUpBatch<RequestCompleted>) => Promise<RollUpResult<RequestCompleted>>;
  readonly monitor: Pick<DatabaseMonitor, 'whenWell' | 'reportFailure' | 'reportSuccess'>;
  readonly metrics: AggregatorMetrics;
  /** Told of each event once in the whole fleet of aggregators, after its commit. */
  readonly onCounted: (event: RequestCompleted) => void;
  /** Aborted at shutdown: what cannot be written then comes again from NATS. */
  readonly stopping: AbortSignal;
  readonly consumer: string;
  readonly stream: string;
}

/** Applies through outages: a batch waits until the database takes it, however long that is. */
export class RollupApplier {
  constructor(private readonly options: RollupApplierOptions) {}

  /** Rejects only at shutdown while the database is away. Nothing is lost by that: the messages are not acked. */
  async apply(work: DeliveryWork<RequestCompleted>): Promise<CommitResult<RequestCompleted>> {
    const { apply, monitor, stopping, consumer, stream } = this.options;
    for (;;) {
      await monitor.whenWell(stopping);
      const startedAt = performance.now();
      try {
        const result = await apply({ consumer, stream, rollUp, events: work.items, dead: work.dead });
        monitor.reportSuccess();
        if (result.kind === 'data_error') return result;
        this.count(work, result.fresh, performance.now() - startedAt);
        return { kind: 'committed', refused: [] };
      } catch (error) {
        // Unknown whether it was committed: applying again is harmless. If it was, its events are in the roll-ups and
        // not in this process's counters.
        monitor.reportFailure(error);
      }
    }
  }

  private count(
    work: DeliveryWork<RequestCompleted>,
    fresh: readonly RequestCompleted[],
    tookMs: number,
  ): void {
    const { metrics, onCounted } = this.options;
    metrics.batches.inc();
    metrics.commitSeconds.observe(tookMs / 1000);
    metrics.events.inc({ result: 'counted' }, fresh.length);
    metrics.events.inc({ result: 'duplicate' }, work.items.length - fresh.length);
    metrics.events.inc({ result: 'dead' }, work.dead.length);
    let oldest = Infinity;
    for (const event of work.items) {
      oldest = Math.min(oldest, Date.parse(event.occurredAt) + event.timing.totalMs);
    }
    if (oldest !== Infinity) metrics.lagSeconds.set(Math.max(0, (Date.now() - oldest) / 1000));
    for (const event of fresh) onCounted(event);
  }
}
