import type { Registry } from 'prom-client';
import { HealthRegistry } from './health/health-registry.js';
import { startOpsServer } from './health/ops-server.js';
import { createMetricsRegistry } from './prometheus/metrics-registry.js';
import { onShutdown, type Shutdown, type ShutdownOptions, type ShutdownStep } from './shutdown.js';
import type { ServiceConfig, ServiceContext } from './start-service.js';

/** What is around each service: it begins before everything else and ends after it. */
export interface ServiceFrame {
  readonly health: HealthRegistry;
  readonly metrics: Registry;
  readonly opsPort: number;
  /** {@link onShutdown} with these steps, the end of readiness before them and the end of the ops port behind them. */
  stopInOrder(steps: readonly ShutdownStep[], options?: Pick<ShutdownOptions, 'exit' | 'signals'>): Shutdown;
}

/**
 * Health, metrics, and the ops port that shows both. First of all, so that a second one on this machine ends before it touches
 * anything. Throws when the port cannot be had, and says which variable moves it.
 */
export async function startServiceFrame(context: ServiceContext<ServiceConfig>): Promise<ServiceFrame> {
  const { service, config, instance, log } = context;
  const health = new HealthRegistry();
  const metrics = createMetricsRegistry(service, instance);
  const ops = await startOpsServer({
    host: config.opsHost,
    port: config.opsPort,
    portVariable: `${service.toUpperCase().replaceAll('-', '_')}_OPS_PORT`,
    health,
    metrics,
    info: () => ({ instance }),
  });
  return {
    health,
    metrics,
    opsPort: ops.port,
    stopInOrder: (steps, options) =>
      onShutdown({
        ...options,
        log,
        steps: [
          { name: 'readiness', timeoutMs: 100, run: () => health.setServing(false) },
          ...steps,
          { name: 'ops', timeoutMs: 1_000, run: () => ops.close() },
        ],
      }),
  };
}
