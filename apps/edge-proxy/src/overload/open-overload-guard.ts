import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { WorkerShare } from '../attempts/provider-gate.js';
import { throttledWarning } from '../reporting/throttled-warning.js';
import { LoadMonitor } from './load-monitor.js';
import { LEAST_BYTES_A_PROCESS, openMemoryUse } from './memory-use.js';
import { OverloadGuard, type ShedReason } from './overload-guard.js';
import { RequestsInFlight } from './requests-in-flight.js';

/** Bodies are kept until the last attempt: a part of the memory that leaves enough for everything else. */
const BODIES_PART = 0.25;

export interface Overload {
  readonly guard: OverloadGuard;
  /** Not started. */
  readonly load: LoadMonitor;
}

/** The overload protection of this process, with its metrics; what it turns away is logged every 10 s at the most. */
export function openOverloadGuard(options: {
  readonly registry: Registry;
  readonly share: WorkerShare;
  readonly log: { readonly warn: (facts: object, message: string) => void };
}): Overload {
  const { registry, share, log } = options;
  const now = (): number => performance.now();
  const memory = openMemoryUse(share.count);
  const { limitBytes } = memory;
  if (share.index === 0 && limitBytes < LEAST_BYTES_A_PROCESS) {
    log.warn(
      { workers: share.count, megabytesEach: Math.floor(limitBytes / 1024 / 1024) },
      'a worker has less than 256 MB of memory: lower server.workers or raise the memory limit',
    );
  }
  const blocks = new Histogram({
    name: 'sluice_edge_event_loop_block_seconds',
    help: 'Times in which the event loop stood still for 50 ms or more.',
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  const shed = new Counter({
    name: 'sluice_edge_shed_total',
    help: 'Requests that were turned away since the edge had too much to do, by reason.',
    labelNames: ['reason'],
    registers: [registry],
  });
  const load = new LoadMonitor({
    now,
    readMemory: () => memory.read(),
    onBlock: (durationMs) => blocks.observe(durationMs / 1000),
  });
  const inFlight = new RequestsInFlight({ maxBodyBytes: Math.floor(limitBytes * BODIES_PART), now });
  const tell = throttledWarning<ShedReason>(
    (reason, count) => log.warn({ reason, turnedAway: count }, 'too much to do: requests are turned away'),
    now,
  );
  const onShed = (reason: ShedReason): void => {
    shed.inc({ reason });
    tell(reason);
  };
  registerGauges(registry, load, inFlight);
  const guard = new OverloadGuard({ load, inFlight, share, random: Math.random, onShed });
  return { guard, load };
}

function registerGauges(registry: Registry, load: LoadMonitor, inFlight: RequestsInFlight): void {
  // How one process is doing says nothing when it is summed over an edge's workers: the worst one counts.
  const gauges: readonly (readonly [string, string, 'max' | 'sum', () => number])[] = [
    [
      'sluice_edge_event_loop_delay_seconds',
      'Smoothed delay of the event loop, of the worst worker; new requests are turned away from 0.15 on.',
      'max',
      () => load.delayMs / 1000,
    ],
    [
      'sluice_edge_memory_use_ratio',
      'The fuller of memory and JavaScript heap, 0 to 1, of the worst worker; new requests are turned away from 0.85 on.',
      'max',
      () => load.memoryUse,
    ],
    [
      'sluice_edge_body_bytes_in_flight',
      'Bytes of the bodies of all requests under way, as far as they have come.',
      'sum',
      () => inFlight.bodyBytes,
    ],
  ];
  for (const [name, help, aggregator, read] of gauges) {
    new Gauge({
      name,
      help,
      aggregator,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  }
}
