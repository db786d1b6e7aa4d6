import 'reflect-metadata';
import {
  createLogger,
  exitWithParent,
  installProcessGuards,
  instanceName,
  maskSecrets,
  registerSecrets,
} from '@sluice/service-kit';
import { readLoggerConfig, secretsOf } from './logger.config.js';
import { readRetention } from './read-retention.js';
import { runLogger } from './run-logger.js';

/** Runs until a signal. A start that fails ends the process with code 1. @param environment `process.env` */
export async function startLogger(environment: NodeJS.ProcessEnv): Promise<void> {
  try {
    await start(environment);
  } catch (error) {
    // Before there is a logger, or when it cannot even begin: one plain text for the operator.
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`logger: ${maskSecrets(reason)}\n`);
    process.exit(1);
  }
}

async function start(environment: NodeJS.ProcessEnv): Promise<void> {
  const config = readLoggerConfig(environment);
  registerSecrets(secretsOf(config));
  const instance = config.instance ?? instanceName('logger');
  const log = createLogger({ service: 'logger', instance, level: config.logLevel });
  const retention = readRetention(environment, process.cwd());
  if (retention.problem !== undefined) {
    log.error(`no partition is dropped, because the config cannot be read: ${retention.problem}`);
  }
  const shutdown = await runLogger({ config, retention, instance, log });
  installProcessGuards({ log, stop: shutdown.stop });
  exitWithParent();
}
