import './memory-limits.js';
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

checkNodeVersion();

async function main(): Promise<void> {
  const config = readExportConfig(process.env);
  registerSecrets(secretsOf(config));
  const instance = config.instance ?? instanceName('export');
  const log = createLogger({ service: 'export', instance, level: config.logLevel });
  const shutdown = await runExport({ config, instance, log });
  installProcessGuards({ log, stop: shutdown.stop });
  exitWithParent();
}

main().catch((error: unknown) => {
  // Before there is a logger, or when it cannot even begin: one plain text for the operator.
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`export: ${maskSecrets(reason)}\n`);
  process.exit(1);
});
