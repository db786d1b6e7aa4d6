// Starts one edge, or one of its workers: environment and config are read, then somebody serves.
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { EnvironmentError, findConfigFile } from '@sluice/config-schema';
import { createLogger, maskSecrets, registerSecrets, secretsInAddresses } from '@sluice/service-kit';
import type { Logger } from 'pino';
import { WorkerStartError } from './cluster/edge-workers.js';
import { channelToPrimary } from './cluster/fork-worker.js';
import { countWorkers } from './cluster/worker-count.js';
import { ConfigFileError, type ConfigSource } from './control/config-source.js';
import { HangUp } from './control/hang-up.js';
import { type EdgeProxyConfig, readEdgeProxyConfig } from './edge-proxy.config.js';

const SHIPPED_CONFIGS = resolve(import.meta.dirname, '../../../infra/config');

interface Start {
  readonly env: EdgeProxyConfig;
  readonly log: Logger;
  readonly source: ConfigSource;
}

/**
 * Runs until a signal. A start that fails ends the process with code 1; what an operator wrote is told in plain words.
 * @param environment `process.env`
 */
export async function startEdgeProxy(environment: NodeJS.ProcessEnv): Promise<void> {
  try {
    const env = readEdgeProxyConfig(environment);
    registerSecrets(secretsInAddresses(env.natsUrl));
    const log = createLogger({ service: 'edge-proxy', instance: env.instance, level: env.logLevel });
    const start = { env, log, source: sourceOf(env, environment) };
    if (env.share === undefined) await startEdge(start);
    else await startWorker(start);
  } catch (error) {
    process.stderr.write(`${whyNotStarted(error)}\n`);
    process.exit(1);
  }
}

function sourceOf(env: EdgeProxyConfig, environment: NodeJS.ProcessEnv): ConfigSource {
  const { path } = findConfigFile({
    env: environment,
    cwd: process.cwd(),
    shippedDir: SHIPPED_CONFIGS,
    exists: existsSync,
  });
  return { path, env: environment, launchKeyFile: env.launchKeyFile };
}

// What only one of them needs is loaded by that one: a primary without the rooms of the data plane is half as large.
async function startEdge({ env, log, source }: Start): Promise<void> {
  const hangUp = new HangUp();
  const { readConfigAtStart } = await import('./control/load-first-config.js');
  const config = readConfigAtStart(source, { dataDir: env.dataDir, registerSecrets, nowMs: Date.now() });
  const count = countWorkers(config.first.generation.config, availableParallelism());
  if (count === 1) {
    const { serveAlone } = await import('./serve-alone.js');
    await serveAlone({ env, log, hangUp, config });
  } else {
    const { serveAsPrimary } = await import('./cluster/serve-as-primary.js');
    await serveAsPrimary({ env, log, hangUp, config, count });
  }
}

/** A worker's failure is told by its primary, once for all of them. */
async function startWorker(start: Start): Promise<void> {
  const channel = channelToPrimary();
  try {
    const { serveAsWorker } = await import('./cluster/serve-as-worker.js');
    await serveAsWorker({ ...start, channel });
  } catch (error) {
    channel.tell('failed', { message: whyNotStarted(error) });
    // After what has been said; node ends a worker that has no primary.
    process.disconnect();
  }
}

/** For a person, without secrets: what an operator wrote in plain words, a bug with its place. */
function whyNotStarted(error: unknown): string {
  const isTheirs =
    error instanceof ConfigFileError ||
    error instanceof EnvironmentError ||
    error instanceof WorkerStartError ||
    isFromSystem(error);
  if (isTheirs) return maskSecrets(error.message);
  return maskSecrets(String(error instanceof Error ? (error.stack ?? error.message) : error));
}

/** An error of ours that explains one of the system's, e.g. a port that is in use. */
function isFromSystem(error: unknown): error is Error {
  return error instanceof Error && error.cause instanceof Error && 'syscall' in error.cause;
}
