import { join, resolve } from 'node:path';
import { PORT_VARIABLES } from './service-table.js';

/** Where everything of one installation is, and the ports it may use. */
export interface LauncherConfig {
  readonly repoRoot: string;
  readonly dataDir: string;
  readonly secretsDir: string;
  readonly logsDir: string;
  /** Private NATS, Redis and Postgres, each in its own folder. */
  readonly serversDir: string;
  /** Records of the services' processes. */
  readonly processesDir: string;
  readonly startFile: string;
  /** Port by variable, as far as the environment sets it. */
  readonly ports: ReadonlyMap<string, number>;
  /** The environment as it was at the start. */
  readonly env: Readonly<NodeJS.ProcessEnv>;
}

/** One or more variables of the environment are wrong; the message has a line for each. */
export class LauncherConfigError extends Error {
  override readonly name = 'LauncherConfigError';
}

/** Reads the environment. @throws LauncherConfigError that lists every mistake */
export function readLauncherConfig(
  repoRoot: string,
  env: NodeJS.ProcessEnv = process.env,
  cwd: string = process.cwd(),
): LauncherConfig {
  const dataDir = resolve(cwd, env['SLUICE_DATA_DIR'] ?? '.data');
  return Object.freeze({
    repoRoot,
    dataDir,
    secretsDir: resolve(cwd, env['SLUICE_SECRETS_DIR'] ?? join(dataDir, 'secrets')),
    logsDir: join(dataDir, 'logs'),
    serversDir: join(dataDir, 'servers'),
    processesDir: join(dataDir, 'processes'),
    startFile: join(dataDir, 'start.json'),
    ports: readPorts(env),
    env: Object.freeze({ ...env }),
  });
}

function readPorts(env: NodeJS.ProcessEnv): Map<string, number> {
  const ports = new Map<string, number>();
  const mistakes: string[] = [];
  for (const variable of PORT_VARIABLES) {
    const text = env[variable];
    if (text === undefined || text === '') continue;
    const port = Number(text);
    if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) ports.set(variable, port);
    else mistakes.push(`${variable} must be a port from 1 to 65535, not "${text}".`);
  }
  if (mistakes.length > 0) throw new LauncherConfigError(mistakes.join('\n'));
  return ports;
}
