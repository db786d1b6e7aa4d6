import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** The numbers that the export service shows on `/metrics`. */
export interface ExportMetrics {
  /** Events of the continuous export by what became of them. */
  readonly events: Counter<'result'>;
  readonly bytes: Counter;
  readonly appendSeconds: Histogram;
  /** Exports on demand that have ended, by format and how. */
  readonly downloads: Counter<'format' | 'result'>;
  readonly runningDownloads: Gauge;
}

/** Registers them. */
export function createExportMetrics(registry: Registry): ExportMetrics {
  const registers = [registry];
  return {
    events: new Counter({
      name: 'sluice_export_events_total',
      help: 'Request events by result: appended, duplicate (in the files already), dead (can never be read).',
      labelNames: ['result'],
      registers,
    }),
    bytes: new Counter({
      name: 'sluice_export_bytes_total',
      help: 'Bytes committed to the hourly files.',
      registers,
    }),
    appendSeconds: new Histogram({
      name: 'sluice_export_append_seconds',
      help: 'Time of one append with its fsync and commit.',
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
    downloads: new Counter({
      name: 'sluice_export_downloads_total',
      help: 'Exports on demand by result: whole, client_gone, failed.',
      labelNames: ['format', 'result'],
      registers,
    }),
    runningDownloads: new Gauge({
      name: 'sluice_export_downloads_running',
      help: 'Exports on demand under way.',
      registers,
    }),
  };
}
