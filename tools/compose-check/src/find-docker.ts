import { type CommandOptions, runCommand } from './run-command.js';

/** An engine that answers, and the compose that talks to it. */
export interface DockerTools {
  readonly docker: string;
  /** `docker compose` or `docker-compose`. */
  readonly compose: readonly [string, ...string[]];
  /** E.g. `engine 20.10.24, docker-compose version 1.29.2`. */
  readonly versions: string;
}

/** No engine or no compose; the message says what to do. */
export class NoDockerError extends Error {
  override readonly name = 'NoDockerError';
}

const TIMEOUT_MS = 20_000;

/** Finds them. @throws NoDockerError */
export async function findDocker(cwd: string, env: Readonly<NodeJS.ProcessEnv>): Promise<DockerTools> {
  const options: CommandOptions = { cwd, env, timeoutMs: TIMEOUT_MS };
  const engine = await runCommand('docker', ['version', '--format', '{{.Server.Version}}'], options);
  if (engine.code !== 0) {
    const where = env['DOCKER_HOST'] ?? 'the default socket';
    throw new NoDockerError(
      `This check needs a Docker engine, and none answers at ${where}. Start one, or set DOCKER_HOST.\n${engine.stderr.trim()}`,
    );
  }
  for (const compose of [['docker', 'compose'], ['docker-compose']] as const) {
    const [file, ...args] = compose;
    const version = await runCommand(file, [...args, 'version'], options);
    if (version.code === 0) {
      const [line] = version.stdout.split('\n');
      return { docker: 'docker', compose, versions: `engine ${engine.stdout.trim()}, ${line ?? ''}` };
    }
  }
  throw new NoDockerError(
    'This check needs Compose: neither `docker compose` nor `docker-compose` is installed.',
  );
}
