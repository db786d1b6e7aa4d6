import 'reflect-metadata';
import { checkNodeVersion, secretsInAddresses, startService } from '@sluice/service-kit';
import { readExportConfig } from './export.config.js';
import { runExport } from './run-export.js';

/** Runs until a signal. A start that fails ends the process with code 1. @param environment `process.env` */
export function startExport(environment: NodeJS.ProcessEnv): Promise<void> {
  checkNodeVersion();
  return startService({
    service: 'export',
    readConfig: () => readExportConfig(environment),
    secretsOf: ({ databaseUrl, natsUrl }) => secretsInAddresses(databaseUrl, natsUrl),
    run: runExport,
  });
}
