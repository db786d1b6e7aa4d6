// One process that does everything: the edge as it is unless `server.workers` asks for more.
import type { AuditActor } from '@sluice/contracts';
import { HealthRegistry, startOpsServer } from '@sluice/service-kit';
import type { Logger } from 'pino';
import { BreakerCommands } from './control/breaker-commands.js';
import type { ReloadReport } from './control/config-reloader.js';
import type { HangUp } from './control/hang-up.js';
import type { ConfigAtStart } from './control/load-first-config.js';
import { openControl } from './control/open-control.js';
import type { EdgeProxyConfig } from './edge-proxy.config.js';
import { openServingEdge } from './serving-edge.js';
import { loadHealth } from './overload/load-health.js';
import { stopInOrder, stopPaceOf } from './stop-in-order.js';

export interface ServeAloneOptions {
  readonly env: EdgeProxyConfig;
  readonly log: Logger;
  readonly hangUp: HangUp;
  readonly config: ConfigAtStart;
}

export async function serveAlone({ env, log, hangUp, config: atStart }: ServeAloneOptions): Promise<void> {
  const { config } = atStart.first.generation;
  const { edge, spool, nats, metrics, reloads, stopSteps } = await openServingEdge({
    env,
    config: atStart,
    log,
  });
  const configVersion = (): string => edge.holder.current.config.version;
  const health = new HealthRegistry();
  health.add('nats', () => ({ ok: nats.isConnected(), detail: nats.address }));
  health.add('spool', () => ({ ok: spool.stats().isStoring }));
  health.add('config', reloads.check);
  health.add('load', () => loadHealth([{ name: 'the edge', shutFor: edge.shutFor() }]));
  const ops = await startOpsServer({
    host: env.opsHost,
    port: env.opsPort,
    portVariable: 'EDGE_PROXY_OPS_PORT',
    health,
    metrics,
    info: () => ({ configVersion: configVersion(), spool: spool.stats() }),
  });
  const port = await edge.listen(env.host ?? config.server.host, env.port ?? config.server.port);
  const reload = (actor: AuditActor): ReloadReport => reloads.reloader.reload(actor);
  const control = openControl({ nats, instance: env.instance, log, port, configVersion, reload });
  const breakers = new BreakerCommands({ health: edge.health, current: () => edge.holder.current, log });
  control.responder.handle('breaker.list', breakers.list).handle('breaker.force', breakers.force);
  control.start();
  hangUp.connect(() => void reload({ kind: 'operator', name: 'SIGHUP' }));
  const pace = stopPaceOf(env, config.server.shutdownGraceMs);
  stopInOrder(log, pace, [
    { name: 'readiness', run: () => health.setServing(false), timeoutMs: 100 },
    { name: 'control', run: () => control.stop(), timeoutMs: 100 },
    ...stopSteps(pace),
    { name: 'ops', run: () => ops.close(), timeoutMs: 1_000 },
  ]);
  health.setServing(true);
  log.info(
    { port, opsPort: ops.port, config: atStart.source.path, configVersion: config.version },
    'edge is ready',
  );
}
