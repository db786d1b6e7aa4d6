// Starts one edge: config, spool, NATS, ops pages, data plane, and the order in which they end.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { connectNats, EventPublisher, EventSpool, GroupCommit } from '@sluice/bus/publishing';
import { EnvironmentError, findConfigFile, formatProblems } from '@sluice/config-schema';
import {
  createLogger,
  createMetricsRegistry,
  exitWithParent,
  HealthRegistry,
  installProcessGuards,
  onShutdown,
  maskSecrets,
  registerSecrets,
  secretsInAddresses,
  startOpsServer,
} from '@sluice/service-kit';
import { ConfigFileError, loadConfig } from './control/load-config.js';
import { createEdgeProxy } from './edge-proxy.js';
import { readEdgeProxyConfig } from './edge-proxy.config.js';
import { StopPace } from './http/stop-pace.js';
import { recoverIntent } from './reporting/to-request-event.js';

const SHIPPED_CONFIGS = resolve(import.meta.dirname, '../../../infra/config');
/** Events that NATS did not take in this time stay in the spool for the next start. */
const FLUSH_MS = 3_000;

/**
 * Runs until a signal. A start that fails ends the process with code 1; what an operator wrote is told in plain words.
 * @param environment `process.env`
 */
export async function startEdgeProxy(environment: NodeJS.ProcessEnv): Promise<void> {
  try {
    await start(environment);
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

async function start(environment: NodeJS.ProcessEnv): Promise<void> {
  const env = readEdgeProxyConfig(environment);
  registerSecrets(secretsInAddresses(env.natsUrl));
  const log = createLogger({ service: 'edge-proxy', instance: env.instance, level: env.logLevel });
  const file = findConfigFile({
    env: environment,
    cwd: process.cwd(),
    shippedDir: SHIPPED_CONFIGS,
    exists: existsSync,
  });
  const { generation, warnings } = loadConfig({
    path: file.path,
    env: environment,
    launchKeyFile: env.launchKeyFile,
    registerSecrets,
    nowMs: Date.now(),
  });
  const { config } = generation;
  for (const warning of warnings) log.warn({ path: warning.path }, formatProblems([warning], file.path));

  const spool = EventSpool.open({ rootDir: join(env.dataDir, 'spool'), recoverIntent, log });
  const records = new GroupCommit(spool);
  const nats = connectNats({ url: env.natsUrl, name: env.instance, log });
  const publisher = new EventPublisher({ spool, nats, log });
  publisher.start();
  const metrics = createMetricsRegistry('edge-proxy', env.instance);
  const health = new HealthRegistry();
  health.add('nats', () => ({ ok: nats.isConnected(), detail: nats.address }));
  health.add('spool', () => ({ ok: spool.stats().isStoring }));

  const edge = await createEdgeProxy({ generation, sink: records, instance: env.instance, log, metrics });
  const ops = await startOpsServer({
    host: env.opsHost,
    port: env.opsPort,
    portVariable: 'EDGE_PROXY_OPS_PORT',
    health,
    metrics,
    info: () => ({ configVersion: edge.holder.current.config.version, spool: spool.stats() }),
  });
  const port = await edge.listen(env.host ?? config.server.host, env.port ?? config.server.port);
  const pace = new StopPace({
    preStopMs: env.preStopMs,
    graceMs: Math.min(config.server.shutdownGraceMs, env.shutdownGraceMs ?? Infinity),
    hurriedGraceMs: env.sigintGraceMs ?? Infinity,
  });
  process.on('SIGINT', () => pace.hurryUp());
  const shutdown = onShutdown({
    log,
    steps: [
      { name: 'readiness', run: () => health.setServing(false), timeoutMs: 100 },
      { name: 'word to clients', run: () => edge.announceStop(), timeoutMs: 100 },
      { name: 'open door', run: () => pace.untilDoorCloses(), timeoutMs: pace.preStopMs + 1_000 },
      {
        name: 'requests',
        run: () => edge.drain(pace.graceMs, pace.hurry),
        timeoutMs: pace.graceMs + 2_000,
      },
      { name: 'events', run: () => flushEvents(records, publisher), timeoutMs: FLUSH_MS + 1_000 },
      { name: 'spool', run: () => spool.close(), timeoutMs: 2_000 },
      { name: 'nats', run: () => nats.close(), timeoutMs: 6_000 },
      { name: 'ops', run: () => ops.close(), timeoutMs: 1_000 },
    ],
  });
  installProcessGuards({
    log,
    stop: (reason, exitCode) => {
      // Who has met a bug takes no more than it has.
      pace.hurryUp();
      return shutdown.stop(reason, exitCode);
    },
  });
  exitWithParent();
  health.setServing(true);
  log.info({ port, opsPort: ops.port, config: file.path, configVersion: config.version }, 'edge is ready');
}

/** An error of ours that explains one of the system's, e.g. a port that is in use. */
function isFromSystem(error: unknown): error is Error {
  return error instanceof Error && error.cause instanceof Error && 'syscall' in error.cause;
}

async function flushEvents(records: GroupCommit, publisher: EventPublisher): Promise<void> {
  records.flush();
  await publisher.close(FLUSH_MS);
}
