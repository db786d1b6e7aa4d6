import { type PrivateServer, type PrivateServerName, PrivateServiceError } from './private-server.js';
import { probeUntilReady } from './probes.js';

/** The variable that names a server of the operator's own. */
export const URL_VARIABLE: Readonly<Record<PrivateServerName, string>> = {
  nats: 'NATS_URL',
  redis: 'REDIS_URL',
  postgres: 'DATABASE_URL',
};

const READY_TIMEOUT_MS = 5000;

/**
 * The server that the environment names, once it answers; undefined when the variable is not set.
 * @throws PrivateServiceError that names the variable and the host and port when nothing answers there.
 */
export async function useExternalServer(
  name: PrivateServerName,
  env: NodeJS.ProcessEnv,
): Promise<PrivateServer | undefined> {
  const variable = URL_VARIABLE[name];
  const url = env[variable];
  if (url === undefined || url === '') return undefined;
  const address = addressOf(url);
  if (address === undefined) throw new PrivateServiceError(`${variable} is not a URL`);
  try {
    await probeUntilReady(name, url, { timeoutMs: READY_TIMEOUT_MS });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new PrivateServiceError(
      `${variable} names ${address}, which is not usable: ${reason}. Start that server, or unset ${variable} to use a private one.`,
    );
  }
  return {
    name,
    url,
    pid: undefined,
    logFile: undefined,
    exited: new Promise(() => undefined),
    stop: () => Promise.resolve(),
  };
}

function addressOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
