// Starts one edge: config, spool, NATS, ops pages, data plane, and the order in which they end.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { EnvironmentError, findConfigFile } from '@sluice/config-schema';
import type { AuditActor } from '@sluice/contracts';
import {
  createLogger,
  exitWithParent,
  HealthRegistry,
  installProcessGuards,
  maskSecrets,
  onShutdown,
  registerSecrets,
  secretsInAddresses,
  type ShutdownStep,
  startOpsServer,
} from '@sluice/service-kit';
import type { Logger } from 'pino';
import { BreakerCommands } from './control/breaker-commands.js';
import type { ReloadReport } from './control/config-reloader.js';
import { ConfigFileError } from './control/config-source.js';
import { HangUp } from './control/hang-up.js';
import { type ConfigAtStart, readConfigAtStart } from './control/load-first-config.js';
import { openControl } from './control/open-control.js';
import { type EdgeProxyConfig, readEdgeProxyConfig } from './edge-proxy.config.js';
import { StopPace } from './http/stop-pace.js';
import { openServingEdge, stopPaceOptions } from './serving-edge.js';

const SHIPPED_CONFIGS = resolve(import.meta.dirname, '../../../infra/config');

/**
 * Runs until a signal. A start that fails ends the process with code 1; what an operator wrote is told in plain words.
 * @param environment `process.env`
 */
export async function startEdgeProxy(environment: NodeJS.ProcessEnv): Promise<void> {
  try {
    const env = readEdgeProxyConfig(environment);
    registerSecrets(secretsInAddresses(env.natsUrl));
    const log = createLogger({ service: 'edge-proxy', instance: env.instance, level: env.logLevel });
    const hangUp = new HangUp();
    await serveAlone({ env, log, hangUp, config: readConfig(env, environment) });
  } catch (error) {
    const isTheirs =
      error instanceof ConfigFileError || error instanceof EnvironmentError || isFromSystem(error);
    const text = isTheirs
      ? error.message
      : String(error instanceof Error ? (error.stack ?? error.message) : error);
    process.stderr.write(`${maskSecrets(text)}\n`);
    process.exit(1);
  }
}

function readConfig(env: EdgeProxyConfig, environment: NodeJS.ProcessEnv): ConfigAtStart {
  const { path } = findConfigFile({
    env: environment,
    cwd: process.cwd(),
    shippedDir: SHIPPED_CONFIGS,
    exists: existsSync,
  });
  return readConfigAtStart(
    { path, env: environment, launchKeyFile: env.launchKeyFile },
    { dataDir: env.dataDir, registerSecrets, nowMs: Date.now() },
  );
}

interface Start {
  readonly env: EdgeProxyConfig;
  readonly log: Logger;
  readonly hangUp: HangUp;
  readonly config: ConfigAtStart;
}

/** One process that does everything. */
async function serveAlone({ env, log, hangUp, config: atStart }: Start): Promise<void> {
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
  const pace = new StopPace(stopPaceOptions(env, config.server.shutdownGraceMs));
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

function stopInOrder(log: Logger, pace: StopPace, steps: readonly ShutdownStep[]): void {
  process.on('SIGINT', () => pace.hurryUp());
  const { stop } = onShutdown({ log, steps });
  installProcessGuards({
    log,
    stop: (reason, exitCode) => {
      // Who has met a bug takes no more than it has.
      pace.hurryUp();
      return stop(reason, exitCode);
    },
  });
  exitWithParent();
}

/** An error of ours that explains one of the system's, e.g. a port that is in use. */
function isFromSystem(error: unknown): error is Error {
  return error instanceof Error && error.cause instanceof Error && 'syscall' in error.cause;
}
