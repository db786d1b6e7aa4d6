// The workers of an edge, what they share a config through, and what is told of both.
import { createMetricsRegistry, maskSecrets, registerSecrets } from '@sluice/service-kit';
import type { Logger } from 'pino';
import { Counter, Gauge, type Registry } from 'prom-client';
import { ConfigHolder } from '../control/config-holder.js';
import type { ConfigAtStart } from '../control/load-first-config.js';
import { openReloads, type Reloads } from '../control/open-reloads.js';
import type { EdgeProxyConfig } from '../edge-proxy.config.js';
import type { EventPipe } from '../event-pipe.js';
import { EdgeWorkers } from './edge-workers.js';
import { FleetReloader } from './fleet-reloader.js';
import { forkWorker } from './fork-worker.js';
import { MergedMetrics, type WorkerMetrics } from './merged-metrics.js';

export interface OpenFleetOptions {
  readonly env: EdgeProxyConfig;
  readonly log: Logger;
  readonly config: ConfigAtStart;
  /** Of the primary: it tells of loads and reloads. */
  readonly pipe: EventPipe;
  /** How many workers, 2 or more. */
  readonly count: number;
  /** Where all of them listen. */
  readonly port: number;
}

export interface Fleet {
  readonly holder: ConfigHolder;
  readonly workers: EdgeWorkers;
  readonly reloader: FleetReloader;
  readonly reloads: Reloads;
  /** Of all processes. */
  readonly metrics: Registry;
}

/** A scrape does not wait longer for a worker; its numbers are those of the last one then. */
const METRICS_MS = 1_000;

/** Makes them; nothing is started yet. */
export function openFleet({ env, log, config, pipe, count, port }: OpenFleetOptions): Fleet {
  const { instance } = env;
  const holder = new ConfigHolder(config.first.generation);
  const own = createMetricsRegistry('edge-proxy', instance);
  const workers: EdgeWorkers = new EdgeWorkers({
    count,
    log,
    fork: (index) => {
      const worker = forkWorker({
        SLUICE_INSTANCE: instance,
        EDGE_PROXY_WORKER: `${index + 1}/${count}`,
        EDGE_PROXY_PORT: String(port),
      });
      worker.channel.handle('config.current', () => reloader.current);
      return worker;
    },
    isCurrent: (edition) => edition === reloader.current.edition,
    onExit: (number) => void metrics.keep(number),
  });
  const metrics = new MergedMetrics({ own, ask: () => askForMetrics(workers) });
  const reloads = openReloads({
    ...config,
    registry: own,
    audit: pipe.records,
    instance,
    log,
    mask: maskSecrets,
    registerSecrets,
    current: () => holder.current,
    use: (generation) => holder.swap(generation),
    now: Date.now,
  });
  const { source, first } = config;
  const reloader: FleetReloader = new FleetReloader({
    source,
    reloader: reloads.reloader,
    workers,
    firstText: first.text,
    log,
  });
  countWorkersIn(own, workers);
  return { holder, workers, reloader, reloads, metrics };
}

async function askForMetrics(workers: EdgeWorkers): Promise<readonly WorkerMetrics[]> {
  const answers = await workers.askAll('metrics', null, METRICS_MS);
  return answers.flatMap((given) => (given.ok ? [{ worker: given.worker, metrics: given.answer }] : []));
}

function countWorkersIn(registry: Registry, workers: EdgeWorkers): void {
  new Gauge({
    name: 'sluice_edge_workers',
    help: 'Processes of this edge that serve, and that it should have.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      this.set({ state: 'serving' }, workers.serving);
      this.set({ state: 'wanted' }, workers.slots.length);
    },
  });
  new Counter({
    name: 'sluice_edge_worker_restarts_total',
    help: 'Workers that followed one that had ended.',
    registers: [registry],
    collect() {
      this.reset();
      this.inc(workers.slots.reduce((sum, { restarts }) => sum + restarts, 0));
    },
  });
}
