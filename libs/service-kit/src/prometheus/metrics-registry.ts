import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, Registry } from 'prom-client';
import { droppedLogLines } from '../create-logger.js';

// A timer in the loop each 50 ms costs nothing that can be measured, and finds every block worth naming.
const SAMPLE_MS = 50;
const NANOS_PER_SECOND = 1e9;

/**
 * A registry with the process's own numbers, read only when scraped: event-loop delay, RSS, heap, CPU, start time, dropped
 * log lines. Every series has the label `service`; `sluice_instance_info` tells the instance.
 */
export function createMetricsRegistry(service: string, instance: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  new Gauge({
    name: 'sluice_instance_info',
    help: 'Always 1; the label names this process. (`instance` itself belongs to Prometheus.)',
    labelNames: ['instance_name'],
    registers: [registry],
  }).set({ instance_name: instance }, 1);
  addEventLoopDelay(registry);
  addMemory(registry);
  addReading(registry, 'process_start_time_seconds', 'Start of the process, Unix time.', () =>
    Math.round(Date.now() / 1000 - process.uptime()),
  );
  addReading(registry, 'process_cpu_seconds_total', 'CPU time of the process, user and system.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  addReading(
    registry,
    'sluice_log_lines_dropped_total',
    'Log lines dropped because nobody read stdout.',
    droppedLogLines,
  );
  return registry;
}

function addReading(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

function addMemory(registry: Registry): void {
  addReading(registry, 'process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss());
  addReading(registry, 'nodejs_heap_size_used_bytes', 'Heap in use.', () => process.memoryUsage().heapUsed);
}

function addEventLoopDelay(registry: Registry): void {
  const histogram = monitorEventLoopDelay({ resolution: SAMPLE_MS });
  histogram.enable();
  new Gauge({
    name: 'nodejs_eventloop_lag_seconds',
    help: 'How late timers ran since the last scrape.',
    labelNames: ['quantile'],
    registers: [registry],
    collect() {
      // The histogram holds the time between samples, so an idle loop shows the sampling period itself.
      const lateness = (nanos: number): number =>
        Number.isFinite(nanos) ? Math.max(0, (nanos - SAMPLE_MS * 1e6) / NANOS_PER_SECOND) : 0;
      this.set({ quantile: '0.5' }, lateness(histogram.percentile(50)));
      this.set({ quantile: '0.99' }, lateness(histogram.percentile(99)));
      this.set({ quantile: '1' }, lateness(histogram.max));
      histogram.reset();
    },
  });
}
