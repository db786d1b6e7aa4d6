// A real edge: the built service as its own process, with a config of the suite's own.
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePort, tempDir, waitFor } from '@sluice/testing';
import { BlackBox } from '../harness/service-process.js';

/** A service that runs. */
export interface ServiceProcess {
  /** Origin of its data plane. */
  readonly url: string;
  /** Origin of its ops port. */
  readonly opsUrl: string;
  /** Its log so far. */
  log(): string;
  /** SIGTERM, and the end of the process. */
  stop(): Promise<void>;
}

const APPS = resolve(import.meta.dirname, '../../..');
const READY_MS = 20_000;
const STOP_MS = 10_000;

/**
 * Starts an edge and waits until it takes traffic.
 * @param config the gateway's config; written as JSON, which is YAML
 */
export async function startEdge(options: {
  readonly config: unknown;
  readonly natsUrl: string;
}): Promise<ServiceProcess> {
  const [port, opsPort] = [await freePort(), await freePort()];
  return startService('edge-proxy', { port, opsPort }, (folder) => {
    const file = join(folder, 'sluice.yaml');
    writeFileSync(file, JSON.stringify(options.config, null, 1), { mode: 0o600 });
    return {
      SLUICE_CONFIG: file,
      NATS_URL: options.natsUrl,
      EDGE_PROXY_HOST: '127.0.0.1',
      EDGE_PROXY_PORT: String(port),
      EDGE_PROXY_OPS_PORT: String(opsPort),
      EDGE_PROXY_PRESTOP_MS: '0', // no load balancer looks
      EDGE_PROXY_LOAD_SHEDDING: 'off', // suites share the processor with much else
    };
  });
}

/** Starts a demo provider and waits until it takes traffic. */
export async function startDemoProvider(): Promise<ServiceProcess> {
  const [port, opsPort] = [await freePort(), await freePort()];
  return startService('demo-provider', { port, opsPort }, () => ({
    DEMO_PROVIDER_PORT: String(port),
    DEMO_PROVIDER_OPS_PORT: String(opsPort),
  }));
}

async function startService(
  app: string,
  { port, opsPort }: { readonly port: number; readonly opsPort: number },
  environmentOf: (folder: string) => Record<string, string>,
): Promise<ServiceProcess> {
  const main = join(APPS, app, 'dist/main.js');
  if (!existsSync(main)) throw new Error(`${app} is not built: run "npm run build" first`);
  const folder = await tempDir();
  const process = BlackBox.start({
    script: main,
    cwd: folder.path,
    env: { SLUICE_DATA_DIR: join(folder.path, 'data'), LOG_LEVEL: 'warn', ...environmentOf(folder.path) },
  });
  const opsUrl = `http://127.0.0.1:${opsPort}`;
  const stop = async (): Promise<void> => {
    await process.stop(STOP_MS);
    await folder.remove();
  };
  try {
    await waitUntilServing(process, opsUrl);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, opsUrl, log: () => process.output, stop };
}

async function waitUntilServing(process: BlackBox, opsUrl: string): Promise<void> {
  const isReady = async (): Promise<boolean> => {
    if (!process.isRunning) return true;
    const answer = await fetch(`${opsUrl}/readyz`, { signal: AbortSignal.timeout(1_000) });
    return answer.ok;
  };
  await waitFor(isReady, { timeoutMs: READY_MS, message: () => `a service is not ready: ${process.output}` });
  if (!process.isRunning) throw new Error(`a service ended at its start: ${process.output}`);
}
