import 'reflect-metadata';
import {
  createLogger,
  exitWithParent,
  installProcessGuards,
  instanceName,
  maskSecrets,
  registerSecrets,
} from '@sluice/service-kit';
import { readAdminApiConfig, secretsOf } from './admin-api.config.js';
import { runAdminApi } from './run-admin-api.js';

/** Runs until a signal. A start that fails ends the process with code 1. @param environment `process.env` */
export async function startAdminApi(environment: NodeJS.ProcessEnv): Promise<void> {
  try {
    await start(environment);
  } catch (error) {
    // Before there is a logger, or when it cannot even begin: one plain text for the operator.
    const reason = error instanceof Error ? error.message : String(error);
    process.stderr.write(`admin-api: ${maskSecrets(reason)}\n`);
    process.exit(1);
  }
}

async function start(environment: NodeJS.ProcessEnv): Promise<void> {
  const config = readAdminApiConfig(environment);
  registerSecrets(secretsOf(config));
  const instance = config.instance ?? instanceName('admin-api');
  const log = createLogger({ service: 'admin-api', instance, level: config.logLevel });
  if (config.isPasswordFileOpen) {
    log.warn('the file of SLUICE_ADMIN_PASSWORD_FILE can be read by others; chmod 600 it');
  }
  const shutdown = await runAdminApi({
    config,
    instance,
    log,
    // Not through the log, which is kept and copied: this is for the person at the terminal, once.
    print: (text) => process.stdout.write(`${text}\n`),
  });
  installProcessGuards({ log, stop: shutdown.stop });
  exitWithParent();
}
