import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@sluice/testing';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly opsPort?: number;
  readonly port?: number;
}

/** The built export service, running as its own process (`npm run build` first). */
export class ExportProcess {
  readonly lines: Line[] = [];
  readonly pid: number | undefined;
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown[]>;

  constructor(env: Record<string, string>) {
    this.child = spawn(process.execPath, [MAIN], {
      env: {
        PATH: process.env['PATH'],
        EXPORT_PORT: '0',
        EXPORT_OPS_PORT: '0',
        SLUICE_EXIT_WITH_PARENT: '1',
        ...env,
      },
      cwd: '/',
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.pid = this.child.pid;
    this.ended = once(this.child, 'exit');
    if (this.child.stdout === null) throw new Error('no stdout');
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as Line);
    });
  }

  get text(): string {
    return JSON.stringify(this.lines);
  }

  /** Sends a signal; resolves with exit code and signal when the process has ended. */
  async end(signal: NodeJS.Signals): Promise<unknown[]> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    return this.ended;
  }

  /** Of the API, without a slash at the end. */
  async apiUrl(): Promise<string> {
    return `http://127.0.0.1:${(await this.started()).port}`;
  }

  async readyz(): Promise<{ status: number; body: string }> {
    const answer = await fetch(`http://127.0.0.1:${(await this.started()).opsPort}/readyz`);
    return { status: answer.status, body: await answer.text() };
  }

  /** What `/metrics` says of exports on demand. */
  async runningDownloads(): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${(await this.started()).opsPort}/metrics`);
    return Number(/^sluice_export_downloads_running\S* (\d+)/m.exec(await answer.text())?.[1]);
  }

  /** Resolves when it has used no CPU for 50 ms: it waits for somebody. Linux only. */
  async idles(): Promise<void> {
    let before = -1;
    await waitFor(
      () => {
        const now = this.cpuTicks();
        const idle = now === before;
        before = now;
        return idle;
      },
      { timeoutMs: 10_000, intervalMs: 50, message: 'the export service is still at work' },
    );
  }

  async ready(): Promise<void> {
    await waitFor(async () => (await this.readyz()).status === 200, {
      timeoutMs: 15_000,
      intervalMs: 50,
      message: () => `not ready: ${this.text}`,
    });
  }

  private cpuTicks(): number {
    const fields = readFileSync(`/proc/${this.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  }

  private started(): Promise<Line> {
    return waitFor(() => this.lines.find((line) => line.opsPort !== undefined), {
      timeoutMs: 10_000,
      message: () => `the export service did not start: ${this.text}`,
    });
  }
}
