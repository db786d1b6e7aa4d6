// A real edge: the built service as its own process, with a config of the suite's own.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePort, tempDir, waitFor } from '@sluice/testing';

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
const LOG_CHARS = 64 * 1024;

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
  const env = { PATH: process.env['PATH'], SLUICE_DATA_DIR: join(folder.path, 'data'), LOG_LEVEL: 'warn' };
  const child = spawn(process.execPath, [main], {
    cwd: folder.path,
    env: { ...env, ...environmentOf(folder.path) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => (log = (log + text).slice(-LOG_CHARS)));
  }
  const opsUrl = `http://127.0.0.1:${opsPort}`;
  const stop = async (): Promise<void> => {
    await stopChild(child);
    await folder.remove();
  };
  try {
    await waitUntilServing(child, opsUrl, () => `${app}: ${log}`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: `http://127.0.0.1:${port}`, opsUrl, log: () => log, stop };
}

async function waitUntilServing(child: ChildProcess, opsUrl: string, tell: () => string): Promise<void> {
  const isReady = async (): Promise<boolean> => {
    if (child.exitCode !== null) return true;
    const answer = await fetch(`${opsUrl}/readyz`, { signal: AbortSignal.timeout(1_000) });
    return answer.ok;
  };
  await waitFor(isReady, { timeoutMs: READY_MS, message: () => `the service is not ready: ${tell()}` });
  if (child.exitCode !== null) throw new Error(`the service ended at its start: ${tell()}`);
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const limit = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(limit);
}
