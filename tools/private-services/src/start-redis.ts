import { join } from 'node:path';
import { useExternalServer } from './external-server.js';
import { fetchFromArchive, type FetchedBinary } from './fetch-from-archive.js';
import { findBinary } from './find-binary.js';
import { missingServerError } from './missing-server.js';
import type { PrivateServer, StartServerOptions } from './private-server.js';
import { choosePort, rememberPassword, writeSmallFile } from './remembered.js';
import { runServerProcess, serverPaths } from './server-process.js';

const READY_TIMEOUT_MS = 15_000;
/** Limits and cached answers of one machine; at the bound writes fail (noeviction), which limits need. */
const MAX_MEMORY = '1gb';

/**
 * The Redis server of `REDIS_URL`, else a private one on 127.0.0.1 with a random password and `noeviction`.
 * @throws PrivateServiceError
 */
export async function startRedis(options: StartServerOptions): Promise<PrivateServer> {
  const external = await useExternalServer('redis', options.env);
  if (external !== undefined) return external;
  const binary = await findRedisServer(options.env, options.onProgress);
  const { home, logFile, recordDir } = serverPaths(options.dataDir, 'redis');
  const port = await choosePort(home, options.port);
  const password = rememberPassword(home);
  const configFile = join(home, 'redis.conf');
  writeSmallFile(configFile, redisConfig(port, home, password));
  return await runServerProcess({
    name: 'redis',
    url: `redis://:${password}@127.0.0.1:${port}/0`,
    file: binary.file,
    args: [configFile],
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
export async function findRedisServer(
  env: NodeJS.ProcessEnv,
  onProgress: (line: string) => void = () => undefined,
): Promise<FetchedBinary> {
  const installed = findBinary('redis-server', env);
  if (installed !== undefined) return { file: installed, loaderPath: '' };
  const fetched = await fetchFromArchive('redis-server', env, onProgress);
  if (fetched !== undefined) return fetched;
  throw missingServerError(
    'redis',
    "redis-server is not on PATH and the distribution's archive does not give it",
  );
}

function redisConfig(port: number, dir: string, password: string): string {
  return [
    'bind 127.0.0.1',
    `port ${port}`,
    'protected-mode yes',
    `requirepass ${password}`,
    `dir ${JSON.stringify(dir)}`,
    `maxmemory ${MAX_MEMORY}`,
    'maxmemory-policy noeviction',
    // Limits survive a killed server; a second of them may go with the machine.
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'daemonize no',
    '',
  ].join('\n');
}
