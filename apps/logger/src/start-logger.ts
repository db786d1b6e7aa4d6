import 'reflect-metadata';
import { secretsInAddresses, startService } from '@sluice/service-kit';
import { readLoggerConfig } from './logger.config.js';
import { readRetention } from './read-retention.js';
import { runLogger } from './run-logger.js';

/** Runs until a signal. A start that fails ends the process with code 1. @param environment `process.env` */
export const startLogger = (environment: NodeJS.ProcessEnv): Promise<void> =>
  startService({
    service: 'logger',
    readConfig: () => readLoggerConfig(environment),
    secretsOf: ({ databaseUrl, natsUrl }) => secretsInAddresses(databaseUrl, natsUrl),
    run: (context) => {
      const retention = readRetention(environment, process.cwd());
      if (retention.problem !== undefined) {
        context.log.error(`no partition is dropped, because the config cannot be read: ${retention.problem}`);
      }
      return runLogger({ ...context, retention });
    },
  });
