import 'reflect-metadata';
import {
  checkNodeVersion,
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

checkNodeVersion();

async function main(): Promise<void> {
  const config = readLoggerConfig(process.env);
  registerSecrets(secretsOf(config));
  const instance = config.instance ?? instanceName('logger');
  const log = createLogger({ service: 'logger', instance, level: config.logLevel });
  const retention = readRetention(process.env, process.cwd());
  if (retention.problem !== undefined) {
    log.error(`no partition is dropped, because the config cannot be read: ${retention.problem}`);
  }
  const shutdown = await runLogger({ config, retention, instance, log });
  installProcessGuards({ log, stop: shutdown.stop });
  exitWithParent();
}

main().catch((error: unknown) => {
  // Before there is a logger, or when it cannot even begin: one plain text for the operator.
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`logger: ${maskSecrets(reason)}\n`);
  process.exit(1);
});
