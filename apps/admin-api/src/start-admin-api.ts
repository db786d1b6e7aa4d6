import 'reflect-metadata';
import { secretsInAddresses, startService } from '@sluice/service-kit';
import { type AdminApiConfig, readAdminApiConfig } from './admin-api.config.js';
import { runAdminApi } from './run-admin-api.js';

/** Runs until a signal. A start that fails ends the process with code 1. @param environment `process.env` */
export const startAdminApi = (environment: NodeJS.ProcessEnv): Promise<void> =>
  startService({
    service: 'admin-api',
    readConfig: () => readAdminApiConfig(environment),
    secretsOf,
    run: (context) => {
      if (context.config.isPasswordFileOpen) {
        context.log.warn('the file of SLUICE_ADMIN_PASSWORD_FILE can be read by others; chmod 600 it');
      }
      return runAdminApi({
        ...context,
        // Not through the log, which is kept and copied: this is for the person at the terminal, once.
        print: (text) => process.stdout.write(`${text}\n`),
      });
    },
  });

const secretsOf = ({
  databaseUrl,
  natsUrl,
  exportUrl,
  sessionSecret,
  adminPassword,
}: AdminApiConfig): string[] => [
  ...secretsInAddresses(databaseUrl, natsUrl, exportUrl),
  sessionSecret,
  ...(adminPassword === undefined ? [] : [adminPassword]),
];
