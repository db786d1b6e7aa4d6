// A process of the bench: started on one core, its CPU and memory read from /proc, ended by its own pid.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const START_TIMEOUT_MS = 15_000;
const hasTaskset = spawnSync('taskset', ['-V']).status === 0;

export interface BenchProcessOptions {
  readonly script: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Core to run on; ignored where `taskset` is missing. */
  readonly core: number;
  readonly nodeFlags?: readonly string[];
}

export class BenchProcess {
  readonly #child: ChildProcess;
  #errors = '';

  constructor(options: BenchProcessOptions) {
    const command = [process.execPath, ...(options.nodeFlags ?? []), options.script, ...options.args];
    const pinned = hasTaskset ? ['taskset', '-c', String(options.core), ...command] : command;
    const [file = '', ...args] = pinned;
    this.#child = spawn(file, args, { env: options.env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stderr?.on('data', (data: Buffer) => (this.#errors += data.toString()).slice(-2000));
    this.#child.stdout?.resume();
  }

  /** Waits until the port answers. @throws Error with what the process said when it does not */
  async listening(port: number): Promise<void> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    while (performance.now() < deadline) {
      if (this.#child.exitCode !== null) break;
      if (await canConnect(port)) return;
      await wait(25);
    }
    throw new Error(`a process of the bench does not listen on ${port}: ${this.#errors}`);
  }

  /** CPU time of all its threads so far, microseconds. */
  cpuUs(): number {
    const { pid } = this.#child;
    if (pid === undefined) return 0;
    let nanos = 0;
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      nanos += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    }
    return nanos / 1000;
  }

  rssMb(): number {
    const status = readFileSync(`/proc/${this.#child.pid ?? 0}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGINT');
    const killer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(killer);
  }
}

async function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
