import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitFor } from './wait-for.js';

/** What to start. */
export interface ServiceProcessOptions {
  /** The built main file (`npm run build` first). */
  readonly main: URL;
  /** Beside PATH, all that it gets. Ports are 0 here: the service's log says which it has taken. */
  readonly env: Readonly<Record<string, string>>;
}

/** One line of its log; it says its ports when it runs. */
export interface ServiceLogLine {
  readonly level: string;
  readonly msg: string;
  readonly opsPort?: number;
  readonly port?: number;
}

/** A built service of ours as a process of its own. It ends at the latest with this one. */
export class ServiceProcess {
  readonly lines: ServiceLogLine[] = [];
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown[]>;

  constructor({ main, env }: ServiceProcessOptions) {
    this.child = spawn(process.execPath, [fileURLToPath(main)], {
      env: { PATH: process.env['PATH'], SLUICE_EXIT_WITH_PARENT: '1', ...env },
      cwd: '/',
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.ended = once(this.child, 'exit');
    if (this.child.stdout === null) throw new Error('no stdout');
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as ServiceLogLine); // Our services log nothing else.
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Its log, for messages and for searching. */
  get text(): string {
    return JSON.stringify(this.lines);
  }

  /** Sends a signal; resolves with exit code and signal when the process has ended. */
  async end(signal: NodeJS.Signals): Promise<unknown[]> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.ended;
  }

  /** A page of its ops port. */
  async get(path: string): Promise<{ status: number; body: string }> {
    const answer = await fetch(`http://127.0.0.1:${(await this.started()).opsPort}${path}`);
    return { status: answer.status, body: await answer.text() };
  }

  /** Resolves when `/readyz` says so. */
  async ready(): Promise<void> {
    await waitFor(async () => (await this.get('/readyz')).status === 200, {
      timeoutMs: 25_000,
      intervalMs: 50,
      message: () => `not ready: ${this.text}`,
    });
  }

  /** The line that says its ports. */
  protected started(): Promise<ServiceLogLine> {
    return waitFor(() => this.lines.find((line) => line.opsPort !== undefined), {
      timeoutMs: 20_000,
      message: () => `the service did not start: ${this.text}`,
    });
  }
}
