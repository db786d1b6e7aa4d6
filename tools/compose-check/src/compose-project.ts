// One installation of docker-compose.yml under a name of its own.
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { ONE_SHOTS } from './compose-file.js';
import type { DockerTools } from './find-docker.js';
import { runCommand } from './run-command.js';

const containerSchema = z.object({
  Id: z.string(),
  Name: z.string(),
  RestartCount: z.number(),
  Config: z.object({ Labels: z.record(z.string(), z.string()) }),
  State: z.object({
    Status: z.string(),
    ExitCode: z.number(),
    StartedAt: z.string(),
    Health: z.object({ Status: z.string() }).nullish(),
  }),
  NetworkSettings: z.object({
    Ports: z.record(z.string(), z.array(z.object({ HostIp: z.string(), HostPort: z.string() })).nullish()),
  }),
});

/** A container as the checks look at it. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly startedAt: string;
  /** One-shots: ended with 0. All others: healthy. */
  readonly isWell: boolean;
  readonly state: string;
  /** First published port of a port inside, on 127.0.0.1. */
  port(inside: number): number;
}

/** Where and under which name. */
export interface ComposeProjectOptions {
  readonly tools: DockerTools;
  readonly root: string;
  readonly name: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  readonly onOutput?: (text: string) => void;
}

const COMMAND_TIMEOUT_MS = 300_000;
const BUILD_TIMEOUT_MS = 1_800_000;
const POLL_MS = 100;

/** The project. Every method rejects with the end of the command's output when it fails. */
export class ComposeProject {
  constructor(private readonly options: ComposeProjectOptions) {}

  async build(): Promise<void> {
    await this.compose(['build'], BUILD_TIMEOUT_MS);
  }

  /** `up -d`, and waits until all is well. Gives the milliseconds it took. */
  async up(args: readonly string[] = [], timeoutMs = 120_000): Promise<number> {
    const startedMs = performance.now();
    await this.compose(['up', '-d', ...args]);
    await this.waitUntilWell(timeoutMs);
    return performance.now() - startedMs;
  }

  async down(args: readonly string[] = []): Promise<void> {
    await this.compose(['down', '--remove-orphans', ...args]);
  }

  /** Runs a command in a service's container, as its user. */
  async exec(service: string, command: readonly string[]): Promise<string> {
    return this.compose(['exec', '-T', service, ...command]);
  }

  async compose(args: readonly string[], timeoutMs = COMMAND_TIMEOUT_MS): Promise<string> {
    const [file, ...first] = this.options.tools.compose;
    return this.run(file, [...first, '-p', this.options.name, ...args], timeoutMs);
  }

  async docker(args: readonly string[]): Promise<string> {
    return this.run(this.options.tools.docker, args, COMMAND_TIMEOUT_MS);
  }

  /** All containers, one-shots included. */
  async containers(): Promise<Container[]> {
    const label = `label=com.docker.compose.project=${this.options.name}`;
    const ids = (await this.docker(['ps', '-aq', '--filter', label])).split('\n').filter((id) => id !== '');
    if (ids.length === 0) return [];
    const inspected: unknown = JSON.parse(await this.docker(['inspect', ...ids]));
    return z.array(containerSchema).parse(inspected).map(toContainer);
  }

  /** @throws Error that names what is not well at the deadline */
  async waitUntilWell(timeoutMs: number): Promise<readonly Container[]> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const containers = await this.containers();
      const ill = containers.filter(({ isWell }) => !isWell);
      if (ill.length === 0 && containers.length > 0) return containers;
      if (performance.now() > deadline) {
        const list = ill.map(({ name, state }) => `${name} is ${state}`).join(', ');
        const logs = await this.compose(['logs', '--tail=15', ...new Set(ill.map(({ service }) => service))]);
        throw new Error(`not well after ${timeoutMs / 1000} s: ${list}\n${logs}`);
      }
      await delay(POLL_MS);
    }
  }

  private async run(file: string, args: readonly string[], timeoutMs: number): Promise<string> {
    const { root: cwd, env, onOutput } = this.options;
    const result = await runCommand(file, args, {
      cwd,
      env,
      timeoutMs,
      ...(onOutput === undefined ? {} : { onOutput }),
    });
    if (result.code === 0) return result.stdout;
    const output = `${result.stdout}${result.stderr}`.trim().split('\n').slice(-25).join('\n');
    throw new Error(`${file} ${args.join(' ')} ended with ${result.code ?? 'a signal'}:\n${output}`);
  }
}

function toContainer(raw: z.output<typeof containerSchema>): Container {
  const service = raw.Config.Labels['com.docker.compose.service'] ?? '';
  const { Status: status, ExitCode: exitCode, Health: health } = raw.State;
  const isOneShot = ONE_SHOTS.includes(service);
  return {
    id: raw.Id,
    name: raw.Name.slice(1),
    service,
    startedAt: raw.State.StartedAt,
    isWell: isOneShot ? status === 'exited' && exitCode === 0 : health?.Status === 'healthy',
    state: isOneShot ? `${status} with ${exitCode}` : `${status}, ${health?.Status ?? 'without a check'}`,
    port: (inside) => {
      const [binding] = raw.NetworkSettings.Ports[`${inside}/tcp`] ?? [];
      if (binding === undefined) throw new Error(`${raw.Name} publishes no port for ${inside}`);
      return Number(binding.HostPort);
    },
  };
}
