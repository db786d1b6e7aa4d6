// The process that owns an edge with several workers: its ports, its ops pages, its signals, its control. It serves no
// request itself.
import { HealthRegistry, type OpsServer, startOpsServer } from '@sluice/service-kit';
import type { HangUp } from '../control/hang-up.js';
import { openControl } from '../control/open-control.js';
import type { EdgeProxyConfig } from '../edge-proxy.config.js';
import { reservePort } from '../http/data-plane-port.js';
import { type EventPipe, openEventPipe } from '../event-pipe.js';
import { stopInOrder, stopPaceOf } from '../stop-in-order.js';
import { FleetBreakers } from './fleet-breakers.js';
import { type Fleet, openFleet, type OpenFleetOptions } from './open-fleet.js';
import { natsHealth, spoolHealth, workersHealth, workersInfo, workersLoadHealth } from './primary-health.js';

export interface ServeAsPrimaryOptions extends Omit<OpenFleetOptions, 'pipe' | 'port'> {
  readonly hangUp: HangUp;
}

/** What a worker's stop takes beside the open door and the grace: events, spool, NATS. */
const WORKER_END_MS = 18_000;

/** @throws WorkerStartError, Error when the ops port cannot be had */
export async function serveAsPrimary({ hangUp, ...options }: ServeAsPrimaryOptions): Promise<void> {
  const { env, log, config, count } = options;
  const pipe = openEventPipe(env, log);
  const { server } = config.first.generation.config;
  const reserved = await reservePort({ host: env.host ?? server.host, port: env.port ?? server.port });
  const fleet = openFleet({ ...options, pipe, port: reserved });
  const { holder, workers } = fleet;
  const health = new HealthRegistry();
  // Before the workers, so that a second edge on this port ends before it has touched anything.
  const ops = await openOpsPages({ env, fleet, health, pipe });
  const port = await workers.start();
  const configVersion = (): string => holder.current.config.version;
  const reload = fleet.reloader.reload.bind(fleet.reloader);
  const control = openControl({ nats: pipe.nats, instance: env.instance, log, port, configVersion, reload });
  const breakers = new FleetBreakers(workers);
  control.responder.handle('breaker.list', breakers.list).handle('breaker.force', breakers.force);
  control.start();
  hangUp.connect(() => void reload({ kind: 'operator', name: 'SIGHUP' }));
  const pace = stopPaceOf(env, holder.current.config.server.shutdownGraceMs);
  const { signal: hurry } = pace.hurry;
  hurry.addEventListener('abort', () => workers.hurryUp());
  const stopMs = pace.preStopMs + pace.graceMs + WORKER_END_MS;
  stopInOrder(log, pace, [
    { name: 'readiness', run: () => health.setServing(false), timeoutMs: 100 },
    { name: 'control', run: () => control.stop(), timeoutMs: 100 },
    {
      name: 'workers',
      // The primary's own events wait for nobody: NATS may be away, and both would wait for it.
      run: () => Promise.all([workers.stop(hurry.aborted, stopMs), pipe.flushStep.run()]),
      timeoutMs: stopMs + 1_000,
    },
    ...pipe.closeSteps,
    { name: 'ops', run: () => ops.close(), timeoutMs: 1_000 },
  ]);
  health.setServing(true);
  log.info(
    { port, opsPort: ops.port, config: config.source.path, configVersion: configVersion(), workers: count },
    'edge is ready',
  );
}

interface OpsPages {
  readonly env: EdgeProxyConfig;
  readonly fleet: Fleet;
  readonly health: HealthRegistry;
  readonly pipe: EventPipe;
}

function openOpsPages({ env, fleet, health, pipe }: OpsPages): Promise<OpsServer> {
  const { holder, metrics, reloads } = fleet;
  const { slots } = fleet.workers;
  health.add('workers', () => workersHealth(slots));
  health.add('nats', () => natsHealth(slots, pipe.nats));
  health.add('spool', () => spoolHealth(slots, pipe.spool.stats()));
  health.add('load', () => workersLoadHealth(slots));
  health.add('config', reloads.check);
  return startOpsServer({
    host: env.opsHost,
    port: env.opsPort,
    portVariable: 'EDGE_PROXY_OPS_PORT',
    health,
    metrics,
    info: () => ({
      configVersion: holder.current.config.version,
      ...workersInfo(slots, pipe.spool.stats()),
    }),
  });
}
