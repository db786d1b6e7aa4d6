import 'reflect-metadata';
import { secretsInAddresses, startService } from '@sluice/service-kit';
import { readMetricsAggregatorConfig } from './metrics-aggregator.config.js';
import { readRollupRetention } from './read-rollup-retention.js';
import { runMetricsAggregator } from './run-metrics-aggregator.js';

/** Runs until a signal. A start that fails ends the process with code 1. @param environment `process.env` */
export const startMetricsAggregator = (environment: NodeJS.ProcessEnv): Promise<void> =>
  startService({
    service: 'metrics-aggregator',
    readConfig: () => readMetricsAggregatorConfig(environment),
    secretsOf: ({ databaseUrl, natsUrl }) => secretsInAddresses(databaseUrl, natsUrl),
    run: (context) => {
      const retention = readRollupRetention(environment, process.cwd());
      if (retention.kind === 'unknown') {
        context.log.error(`no roll-up is deleted, because the config cannot be read: ${retention.problem}`);
      }
      return runMetricsAggregator({ ...context, retention });
    },
  });
