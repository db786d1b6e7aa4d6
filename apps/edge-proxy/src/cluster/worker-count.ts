import type { GatewayConfig } from '@sluice/config-schema';

/**
 * How many processes serve for one edge. With `auto` one for each core, but no more than the smallest `maxConcurrency`
 * allows, since each of them has its share of it; a number was checked against that with the file.
 */
export function countWorkers(config: GatewayConfig, cores: number): number {
  const { workers } = config.server;
  if (workers !== 'auto') return workers;
  return Math.max(1, Math.min(cores, smallestBound(config).limit));
}

/**
 * Why a config cannot be shared by as many workers as this edge has; null when it can. A reload must not
 * pass one, since some worker's share would be nothing.
 */
export function whyNotShared(config: GatewayConfig, workers: number): string | null {
  const { name, limit } = smallestBound(config);
  if (limit >= workers) return null;
  return `${name} is ${limit}, and this edge has ${workers} workers, each of which needs a share: raise it, or restart the edge`;
}

interface Bound {
  readonly name: string;
  readonly limit: number;
}

function smallestBound({ server, providers }: GatewayConfig): Bound {
  const bounds = [
    { name: 'server.maxConcurrency', limit: server.maxConcurrency ?? Infinity },
    ...[...providers.values()].map(({ name, maxConcurrency }) => ({
      name: `providers.${name}.maxConcurrency`,
      limit: maxConcurrency ?? Infinity,
    })),
  ];
  return bounds.reduce((smallest, bound) => (bound.limit < smallest.limit ? bound : smallest));
}
