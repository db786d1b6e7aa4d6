import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@sluice/testing';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
/** Of every process here, so that several share sessions. */
const SESSION_SECRET = '0123456789abcdef0123456789abcdef';

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly opsPort?: number;
  readonly port?: number;
}

/** The built service, running as its own process (`npm run build` first). */
export class AdminProcess {
  readonly lines: Line[] = [];
  /** What is on stdout and no log line. */
  readonly printed: string[] = [];
  errors = '';
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown[]>;

  constructor(env: Record<string, string>) {
    this.child = spawn(process.execPath, [MAIN], {
      env: {
        PATH: process.env['PATH'],
        ADMIN_API_PORT: '0',
        ADMIN_API_OPS_PORT: '0',
        SLUICE_EXIT_WITH_PARENT: '1',
        ...env,
      },
      cwd: '/',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.ended = once(this.child, 'exit');
    if (this.child.stdout === null) throw new Error('no stdout');
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      if (line.startsWith('{')) this.lines.push(JSON.parse(line) as Line);
      else this.printed.push(line);
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  get text(): string {
    return `${JSON.stringify(this.lines)} ${this.errors}`;
  }

  /** Sends a signal; resolves with exit code and signal when the process has ended. */
  async end(signal: NodeJS.Signals): Promise<unknown[]> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.ended;
  }

  /** Exit code of a process that ends by itself. */
  async exitCode(): Promise<unknown> {
    return (await this.ended)[0];
  }

  /** Origin of the API. */
  async url(): Promise<string> {
    return `http://127.0.0.1:${(await this.started()).port}`;
  }

  async readyz(): Promise<{ status: number; body: string }> {
    const answer = await fetch(`http://127.0.0.1:${(await this.started()).opsPort}/readyz`);
    return { status: answer.status, body: await answer.text() };
  }

  async ready(): Promise<this> {
    await waitFor(async () => (await this.readyz()).status === 200, {
      timeoutMs: 40_000,
      intervalMs: 50,
      message: () => `not ready: ${this.text}`,
    });
    return this;
  }

  /** What `/metrics` says. */
  async metric(name: string): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${(await this.started()).opsPort}/metrics`);
    return Number(new RegExp(`^${name}\\S* (\\d+)`, 'm').exec(await answer.text())?.[1]);
  }

  private started(): Promise<Line> {
    return waitFor(() => this.lines.find((line) => line.opsPort !== undefined), {
      timeoutMs: 30_000,
      message: () => `admin-api did not start: ${this.text}`,
    });
  }
}

/** Makes the folder of secrets below a data folder, as the launcher does. */
export async function writeSecrets(dataDir: string): Promise<void> {
  await mkdir(join(dataDir, 'secrets'), { mode: 0o700 });
  await writeFile(join(dataDir, 'secrets', 'session-secret'), `${SESSION_SECRET}\n`, { mode: 0o600 });
}
