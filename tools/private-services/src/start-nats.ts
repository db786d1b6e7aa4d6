import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { useExternalServer } from './external-server.js';
import { fetchFromArchive, type FetchedBinary } from './fetch-from-archive.js';
import { findBinary } from './find-binary.js';
import { missingServerError } from './missing-server.js';
import type { PrivateServer, StartServerOptions } from './private-server.js';
import { choosePort, writeSmallFile } from './remembered.js';
import { runServerProcess, serverPaths } from './server-process.js';

/** Options of a private NATS server. */
export interface StartNatsOptions extends StartServerOptions {
  /** Most that JetStream may keep on disk; the sum of the streams' `max_bytes` has to fit. Default 16 GiB. */
  readonly maxFileStoreBytes?: number;
}

const DEFAULT_FILE_STORE_BYTES = 16 * 1024 ** 3;
const MEMORY_STORE_BYTES = 256 * 1024 ** 2;
/** A store of some GiB is read through before the server answers. */
const READY_TIMEOUT_MS = 30_000;

/**
 * The NATS server of `NATS_URL`, else a private one with JetStream on 127.0.0.1, store in `<dataDir>/nats/jetstream`.
 * @throws PrivateServiceError
 */
export async function startNats(options: StartNatsOptions): Promise<PrivateServer> {
  const external = await useExternalServer('nats', options.env);
  if (external !== undefined) return external;
  const binary = await findNatsServer(options.env, options.onProgress);
  const { home, logFile, recordDir } = serverPaths(options.dataDir, 'nats');
  const port = await choosePort(home, options.port);
  const storeDir = join(home, 'jetstream');
  mkdirSync(storeDir, { recursive: true, mode: 0o700 });
  const configFile = join(home, 'nats.conf');
  writeSmallFile(
    configFile,
    natsConfig(port, storeDir, options.maxFileStoreBytes ?? DEFAULT_FILE_STORE_BYTES),
  );
  return await runServerProcess({
    name: 'nats',
    url: `nats://127.0.0.1:${port}`,
    file: binary.file,
    args: ['--config', configFile],
    env: binary.loaderPath === '' ? {} : { LD_LIBRARY_PATH: binary.loaderPath },
    cwd: home,
    logFile,
    recordDir,
    stopSignal: 'SIGTERM',
    endWithParent: options.endWithParent ?? true,
    readyTimeoutMs: READY_TIMEOUT_MS,
    onSpawn: options.onSpawn,
  });
}

/** Finds or fetches the binary without starting it. @throws PrivateServiceError when it can be had nowhere. */
export async function findNatsServer(
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void = () => undefined,
): Promise<FetchedBinary> {
  const installed = findBinary('nats-server', env);
  if (installed !== undefined) return { file: installed, loaderPath: '' };
  const fetched = await fetchFromArchive('nats-server', env, onProgress);
  if (fetched !== undefined) return fetched;
  throw missingServerError(
    'nats',
    "nats-server is not on PATH and the distribution's archive does not give it",
  );
}

function natsConfig(port: number, storeDir: string, maxFileStoreBytes: number): string {
  return [
    'server_name: sluice-private',
    'host: "127.0.0.1"',
    `port: ${port}`,
    'max_payload: 1MB',
    `jetstream { store_dir: ${JSON.stringify(storeDir)}, max_file_store: ${maxFileStoreBytes}, max_memory_store: ${MEMORY_STORE_BYTES} }`,
    '',
  ].join('\n');
}
