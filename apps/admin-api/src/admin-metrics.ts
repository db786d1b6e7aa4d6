import { Counter, Gauge, type Registry } from 'prom-client';

/** What the service counts. */
export interface AdminMetrics {
  readonly requests: Counter<'route' | 'status'>;
  readonly liveClients: Gauge;
}

/** Adds the service's own metrics to the registry. */
export function createAdminMetrics(registry: Registry): AdminMetrics {
  const registers = [registry];
  return {
    requests: new Counter({
      name: 'sluice_admin_requests_total',
      help: 'Answers of the admin API and the dashboard, by route and status.',
      labelNames: ['route', 'status'],
      registers,
    }),
    liveClients: new Gauge({
      name: 'sluice_admin_live_clients',
      help: 'Streams of live numbers that are open.',
      registers,
    }),
  };
}
