import type { CommitResult, DeliveryWork } from '@sluice/bus';
import type { DatabaseMonitor, Logger } from '@sluice/service-kit';
import type { AppendBatch, AppendResult, NewRequestLogRow } from '@sluice/storage';
import type { LoggerMetrics } from './logger-metrics.js';

/** What a {@link RequestLogAppender} needs. */
export interface RequestLogAppenderOptions {
  readonly append: (batch: AppendBatch) => Promise<AppendResult>;
  readonly monitor: Pick<DatabaseMonitor, 'whenWell' | 'reportFailure' | 'reportSuccess'>;
  readonly metrics: LoggerMetrics;
  readonly log: Logger;
  /** Aborted at shutdown: what cannot be written then comes again from NATS. */
  readonly stopping: AbortSignal;
  readonly consumer: string;
  readonly stream: string;
}

/** Appends through outages: a batch waits until the database takes it, however long that is. */
export class RequestLogAppender {
  constructor(private readonly options: RequestLogAppenderOptions) {}

  /** Rejects only at shutdown while the database is away. Nothing is lost by that: the messages are not acked. */
  async append(work: DeliveryWork<NewRequestLogRow>): Promise<CommitResult<NewRequestLogRow>> {
    const { append, monitor, stopping, consumer, stream } = this.options;
    for (;;) {
      await monitor.whenWell(stopping);
      const startedAt = performance.now();
      try {
        const result = await append({ consumer, stream, rows: work.items, dead: work.dead });
        monitor.reportSuccess();
        this.count(work, result, performance.now() - startedAt);
        return toCommitResult(result);
      } catch (error) {
        // Unknown whether it was committed: appending again is harmless.
        monitor.reportFailure(error);
      }
    }
  }

  private count(work: DeliveryWork<NewRequestLogRow>, result: AppendResult, tookMs: number): void {
    const { metrics, log } = this.options;
    if (result.kind === 'data_error') {
      log.debug({ rows: work.items.length, code: result.code }, 'a batch holds a row that cannot be stored');
      return;
    }
    const taken = work.items.length - result.outOfRange.length;
    metrics.batches.inc();
    metrics.commitSeconds.observe(tookMs / 1000);
    metrics.rows.inc({ result: 'inserted' }, result.inserted);
    metrics.rows.inc({ result: 'duplicate' }, taken - result.inserted);
    metrics.rows.inc({ result: 'dead' }, work.dead.length);
    const endings = work.items.map((row) => Date.parse(row.occurred_at) + row.total_ms);
    if (endings.length > 0) {
      metrics.lagSeconds.set(Math.max(0, (Date.now() - Math.min(...endings)) / 1000));
    }
  }
}

function toCommitResult(result: AppendResult): CommitResult<NewRequestLogRow> {
  if (result.kind === 'data_error') return result;
  const refused = result.outOfRange.map((item) => ({
    item,
    reason: `out_of_range: no partition for ${item.occurred_at}`,
  }));
  return { kind: 'committed', refused };
}
