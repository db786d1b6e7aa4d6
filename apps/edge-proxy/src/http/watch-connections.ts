import { Counter, Gauge, type Registry } from 'prom-client';
import { throttledWarning } from '../reporting/throttled-warning.js';
import type { RefusedConnection } from './data-plane-server.js';

/** How many connections there are, for metrics. */
export interface WatchedServer {
  getConnections(callback: (error: Error | null, count: number) => void): void;
}

const MESSAGES: Readonly<Record<RefusedConnection, string>> = {
  max_connections: 'all connections are taken: new ones are closed',
  max_per_address:
    'one address has too many connections: new ones of it are closed; if many are behind it, name it in server.trustedProxies',
};

/**
 * Metrics of the data plane's connections.
 * @returns to be told of each connection that was closed unheard
 */
export function watchConnections(options: {
  readonly registry: Registry;
  readonly warn: (facts: object, message: string) => void;
  /** Called when somebody looks, not before the server exists. */
  readonly server: () => WatchedServer;
}): (reason: RefusedConnection, address?: string) => void {
  const { registry, warn, server } = options;
  const refused = new Counter({
    name: 'sluice_edge_connections_refused_total',
    help: 'Connections that were closed unheard, by reason.',
    labelNames: ['reason'],
    registers: [registry],
  });
  new Gauge({
    name: 'sluice_edge_connections',
    help: 'Open connections of clients.',
    registers: [registry],
    async collect() {
      this.set(await new Promise<number>((done) => server().getConnections((_error, count) => done(count))));
    },
  });
  const tell = throttledWarning<{ reason: RefusedConnection; address: string | undefined }>(
    ({ reason, address }, count) => warn({ reason, address, refused: count }, MESSAGES[reason]),
    () => performance.now(),
  );
  return (reason, address) => {
    refused.inc({ reason });
    tell({ reason, address });
  };
}
