// The demo provider as a process of its own: environment in, two ports out, SIGTERM stops it in order.
import {
  checkNodeVersion,
  createLogger,
  exitWithParent,
  installProcessGuards,
  instanceName,
  onShutdown,
} from '@sluice/service-kit';
import { readDemoProviderConfig } from './demo-provider.config.js';
import { startDemoProvider } from './start-demo-provider.js';

checkNodeVersion();
const config = readDemoProviderConfig();
const instance = instanceName('demo-provider');
const log = createLogger({ service: 'demo-provider', instance, level: config.logLevel });

try {
  const provider = await startDemoProvider({
    config,
    instance,
    onError: (what, err) => log.error({ err }, what),
  });
  const { stop } = onShutdown({
    log,
    steps: [{ name: 'provider', run: () => provider.stop(), timeoutMs: 8_000 }],
  });
  installProcessGuards({ log, stop });
  exitWithParent();
  log.info({ baseUrl: provider.baseUrl, opsUrl: provider.opsUrl }, 'ready');
} catch (err) {
  log.fatal({ err }, 'could not start');
  process.exitCode = 1;
}
