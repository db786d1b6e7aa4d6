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
import { readMetricsAggregatorConfig, secretsOf } from './metrics-aggregator.config.js';
import { readRollupRetention } from './read-rollup-retention.js';
import { runMetricsAggregator } from './run-metrics-aggregator.js';

checkNodeVersion();

async function main(): Promise<void> {
  const config = readMetricsAggregatorConfig(process.env);
  registerSecrets(secretsOf(config));
  const instance = config.instance ?? instanceName('metrics-aggregator');
  const log = createLogger({ service: 'metrics-aggregator', instance, level: config.logLevel });
  const retention = readRollupRetention(process.env, process.cwd());
  if (retention.kind === 'unknown') {
    log.error(`no roll-up is deleted, because the config cannot be read: ${retention.problem}`);
  }
  const shutdown = await runMetricsAggregator({ config, retention, instance, log });
  installProcessGuards({ log, stop: shutdown.stop });
  exitWithParent();
}

main().catch((error: unknown) => {
  // Before there is a logger, or when it cannot even begin: one plain text for the operator.
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`metrics-aggregator: ${maskSecrets(reason)}\n`);
  process.exit(1);
});
