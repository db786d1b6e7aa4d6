// The beginning of each service's life, the same for all of them: environment -> log -> run -> until a signal.
import type { Logger } from 'pino';
import { createLogger } from './create-logger.js';
import { instanceName } from './instance-name.js';
import { installProcessGuards } from './process-guards.js';
import { maskSecrets, registerSecrets } from './secret-mask.js';
import { exitWithParent, type Shutdown } from './shutdown.js';

/** What every service's configuration has. */
export interface ServiceConfig {
  readonly logLevel: string;
  readonly opsHost: string;
  readonly opsPort: number;
  /** This process's name, when it is given. */
  readonly instance: string | undefined;
}

/** What a service is run with. */
export interface ServiceContext<Config extends ServiceConfig> {
  /** As in {@link ServiceOptions}. */
  readonly service: string;
  readonly config: Config;
  readonly instance: string;
  readonly log: Logger;
}

/** One service. */
export interface ServiceOptions<Config extends ServiceConfig> {
  /** As in logs and metrics, e.g. `metrics-aggregator`. */
  readonly service: string;
  /** Throws Error with a text for the operator that shows no value. */
  readonly readConfig: () => Config;
  /** What must not be seen anywhere. */
  readonly secretsOf: (config: Config) => readonly string[];
  /** Resolves when the service runs. */
  readonly run: (context: ServiceContext<Config>) => Promise<Shutdown>;
}

/** Runs until a signal. A start that fails is one text on stderr and ends the process with code 1. Never throws. */
export async function startService<Config extends ServiceConfig>(
  options: ServiceOptions<Config>,
): Promise<void> {
  const { service, readConfig, secretsOf, run } = options;
  try {
    const config = readConfig();
    registerSecrets(secretsOf(config));
    const instance = config.instance ?? instanceName(service);
    const log = createLogger({ service, instance, level: config.logLevel });
    const shutdown = await run({ service, config, instance, log });
    installProcessGuards({ log, stop: shutdown.stop });
    exitWithParent();
  } catch (error) {
    // Before there is a logger, or when it cannot even begin: one plain text for the operator.
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${service}: ${maskSecrets(reason)}\n`);
    process.exit(1);
  }
}
