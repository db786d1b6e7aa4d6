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
import { readExportConfig, secretsOf } from './export.config.js';
import { runExport } from './run-export.js';

/** Starts the service for the life of the process; a start that fails is one line on stderr and exit code 1. */
export function startExport(env: NodeJS.ProcessEnv): void {
  checkNodeVersion();
  start(env).catch((error: unknown) => {
    // Before there is a logger, or when it cannot even begin: one plain text for the operator.
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`export: ${maskSecrets(reason)}\n`);
    process.exit(1);
  });
}

async function start(env: NodeJS.ProcessEnv): Promise<void> {
  const config = readExportConfig(env);
  registerSecrets(secretsOf(config));
  const instance = config.instance ?? instanceName('export');
  const log = createLogger({ service: 'export', instance, level: config.logLevel });
  const shutdown = await runExport({ config, instance, log });
  installProcessGuards({ log, stop: shutdown.stop });
  exitWithParent();
}
