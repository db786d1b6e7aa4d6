export { checkNodeVersion, nodeVersionProblem, OLDEST_NODE_MAJOR } from './check-node-version.js';
export { createLogger, type CreateLoggerOptions, droppedLogLines } from './create-logger.js';
export { DatabaseMonitor, type DatabaseMonitorOptions } from './database-monitor.js';
export {
  type DependencyCheck,
  type DependencyState,
  HealthRegistry,
  type Readiness,
} from './health/health-registry.js';
export { type OpsServer, type OpsServerOptions, startOpsServer } from './health/ops-server.js';
export { listenOn, type ListenOptions } from './http/listen-on.js';
export {
  type Problem,
  ProblemErrorOf,
  type ProblemKinds,
  type ProblemMore,
  writeProblem,
} from './http/problem-error.js';
export { instanceName } from './instance-name.js';
export { PinoLoggerService } from './pino-logger.service.js';
export { installProcessGuards, type ProcessGuardOptions } from './process-guards.js';
export { createMetricsRegistry } from './prometheus/metrics-registry.js';
export { MASK, maskSecrets, registerSecret, registerSecrets, SecretMask } from './secret-mask.js';
export { secretsInAddresses } from './secrets-in-addresses.js';
export { type ServiceFrame, startServiceFrame } from './service-frame.js';
export {
  exitWithParent,
  onShutdown,
  type Shutdown,
  type ShutdownOptions,
  type ShutdownStep,
} from './shutdown.js';
export {
  type ServiceConfig,
  type ServiceContext,
  type ServiceOptions,
  startService,
} from './start-service.js';
export { type Logger } from 'pino';
export { type LogError, toLogError } from './to-log-error.js';
