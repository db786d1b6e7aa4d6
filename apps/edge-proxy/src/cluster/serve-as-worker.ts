// One of several processes that serve for an edge. Ports, signals and ops pages are the primary's.
import { EventEmitter } from 'node:events';
import { installProcessGuards, onShutdown, registerSecrets } from '@sluice/service-kit';
import type { Logger } from 'pino';
import { BreakerCommands } from '../control/breaker-commands.js';
import type { ConfigSource } from '../control/config-source.js';
import { LastGoodCopy } from '../control/last-good-copy.js';
import { loadConfigText } from '../control/load-config.js';
import type { ConfigAtStart } from '../control/load-first-config.js';
import type { EdgeProxyConfig } from '../edge-proxy.config.js';
import type { StopPace } from '../http/stop-pace.js';
import { openServingEdge, type ServingEdge } from '../serving-edge.js';
import { stopPaceOf } from '../stop-in-order.js';
import { snapshotOf } from './merged-metrics.js';
import type { WorkerChannel } from './worker-channel.js';
import { PRIMARY_MS, WorkerConfig } from './worker-config.js';
import type { ConfigEdition } from './worker-protocol.js';

const STATUS_MS = 1_000;

export interface ServeAsWorkerOptions {
  readonly env: EdgeProxyConfig;
  readonly log: Logger;
  readonly source: ConfigSource;
  readonly channel: WorkerChannel;
}

/**
 * Serves until the primary says stop. When the primary is gone, node ends a worker at once: nobody is left who owns the
 * port.
 */
export async function serveAsWorker({ env, log, source, channel }: ServeAsWorkerOptions): Promise<void> {
  // Not the file, which may have changed since: all workers serve with the same config.
  const current = await channel.ask('config.current', null, PRIMARY_MS);
  const config = configOf(current, { env, source });
  const { server } = config.first.generation.config;
  const serving = await openServingEdge({ env, log, config });
  const inUse = new WorkerConfig({ channel, reloader: serving.reloads.reloader, edition: current.edition });
  await inUse.catchUp(); // making ready takes a while
  const port = await serving.edge.listen(env.host ?? server.host, env.port ?? server.port, true);
  stopWhenTold({ log, channel, pace: stopPaceOf(env, server.shutdownGraceMs) }, serving);
  const { edge } = serving;
  const breakers = new BreakerCommands({ health: edge.health, current: () => edge.holder.current, log });
  channel
    .handle('metrics', () => snapshotOf(serving.metrics))
    .handle('breaker.list', breakers.list)
    .handle('breaker.force', breakers.force);
  tellStatus(channel, serving);
  const tellReady = (): void => channel.tell('ready', { port, edition: inUse.edition });
  // Not served by another one instead: connections have been accepted here. What fails is a bug, for the process guards.
  channel.listen('outdated', () => void inUse.catchUp().then(tellReady));
  tellReady();
  log.info({ port }, 'worker is ready');
}

function configOf(
  { text }: ConfigEdition,
  { env, source }: Pick<ServeAsWorkerOptions, 'env' | 'source'>,
): ConfigAtStart {
  const loaded = loadConfigText(text, { ...source, registerSecrets, nowMs: Date.now() });
  return {
    source,
    lastGood: new LastGoodCopy({ dataDir: env.dataDir, configPath: source.path }),
    // Warnings and changes are told by the primary.
    first: { ...loaded, warnings: [], fileProblems: null, changes: [], detail: null, copyError: null },
  };
}

function tellStatus(channel: WorkerChannel, { edge, nats, spool }: ServingEdge): void {
  const tell = (): void => {
    channel.tell('status', {
      isNatsConnected: nats.isConnected(),
      spool: spool.stats(),
      configVersion: edge.holder.current.config.version,
      shutFor: edge.shutFor(),
    });
  };
  setInterval(tell, STATUS_MS).unref();
  nats.onChange(tell);
  tell();
}

interface ToldToStop extends Pick<ServeAsWorkerOptions, 'log' | 'channel'> {
  readonly pace: StopPace;
}

function stopWhenTold({ log, channel, pace }: ToldToStop, { stopSteps }: ServingEdge): void {
  const steps = stopSteps(pace);
  const withinMs = steps.reduce((sum, { timeoutMs }) => sum + timeoutMs, 0);
  const { stop } = onShutdown({ log, signals: new EventEmitter(), steps });
  channel
    .listen('hurry', () => pace.hurryUp())
    .listen('stop', ({ isHurried }) => {
      if (isHurried) pace.hurryUp();
      void stop('told by the primary');
    });
  installProcessGuards({
    log,
    stop: (reason, exitCode) => {
      channel.tell('leaving', { withinMs });
      pace.hurryUp();
      return stop(reason, exitCode);
    },
  });
}
