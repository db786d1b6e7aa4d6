import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { waitFor } from '@sluice/testing';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** The built metrics-aggregator, running as its own process (`npm run build` first). */
export class AggregatorProcess {
  readonly lines: { level: string; msg: string; opsPort?: number }[] = [];
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown[]>;

  constructor(env: Record<string, string>) {
    this.child = spawn(process.execPath, [MAIN], {
      env: { PATH: process.env['PATH'], METRICS_AGGREGATOR_OPS_PORT: '0', SLUICE_EXIT_WITH_PARENT: '1', ...env },
      cwd: '/',
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.ended = once(this.child, 'exit');
    if (this.child.stdout === null) throw new Error('no stdout');
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line) as (typeof this.lines)[number]);
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

  async get(path: string): Promise<{ status: number; body: string }> {
    const port = await waitFor(() => this.lines.find((line) => line.opsPort !== undefined)?.opsPort, {
      timeoutMs: 10_000,
      message: 'the aggregator did not start',
    });
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: answer.status, body: await answer.text() };
  }

  async ready(): Promise<void> {
    await waitFor(async () => (await this.get('/readyz')).status === 200, {
      timeoutMs: 15_000,
      intervalMs: 50,
      message: () => `not ready: ${this.text}`,
    });
  }
}
