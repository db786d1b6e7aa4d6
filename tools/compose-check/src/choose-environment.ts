// The person's variables without those that would change what is checked, and free ports for everything.
import { isPortFree } from '@sluice/private-services';

const REMOVED = [
  ...['SLUICE_ADMIN_PASSWORD', 'SLUICE_CONFIG_DIR', 'OPENAI_API_KEY', 'ANTHROPIC_API_KEY', 'LOG_LEVEL'],
  ...['COMPOSE_FILE', 'COMPOSE_PROJECT_NAME', 'COMPOSE_PROFILES'],
];
const SINGLE = [
  ...[
    'LOGGER_OPS_PORT',
    'METRICS_AGGREGATOR_OPS_PORT',
    'EXPORT_OPS_PORT',
    'ADMIN_API_PORT',
    'ADMIN_API_OPS_PORT',
  ],
];
/** Below the ports that systems give to outgoing connections. */
const LOWEST = 21_000;
const HIGHEST = 31_000;
const EDGES = 3;
const MOST_TRIES = 200;

/** For `docker compose`. @throws Error when no block of free ports is found */
export async function chooseEnvironment(env: Readonly<NodeJS.ProcessEnv>): Promise<NodeJS.ProcessEnv> {
  const first = await findFreeBlock(2 * EDGES + SINGLE.length);
  const ops = first + EDGES;
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !REMOVED.includes(name)));
  return {
    ...kept,
    EDGE_PROXY_PORTS: `${first}-${first + EDGES - 1}`,
    EDGE_PROXY_OPS_PORTS: `${ops}-${ops + EDGES - 1}`,
    ...Object.fromEntries(SINGLE.map((name, index) => [name, String(ops + EDGES + index)])),
  };
}

async function findFreeBlock(count: number): Promise<number> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const first = LOWEST + ((process.pid * 7 + tries * 97) % (HIGHEST - LOWEST - count));
    const ports = Array.from({ length: count }, (_, index) => first + index);
    const areFree = await Promise.all(ports.map((port) => isPortFree(port, '0.0.0.0')));
    if (areFree.every(Boolean)) return first;
  }
  throw new Error(`no ${count} consecutive free ports between ${LOWEST} and ${HIGHEST}`);
}
