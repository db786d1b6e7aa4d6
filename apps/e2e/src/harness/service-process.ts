// A process of ours as a black box: started, watched, signalled, its output kept for the message when it fails.
import { type ChildProcess, spawn } from 'node:child_process';

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What to start. The process gets this environment and nothing else. */
export interface BlackBoxOptions {
  readonly script: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

const KEPT_OUTPUT_UNITS = 16_384;
const running = new Set<ChildProcess>();
let endsAtExit = false;

/** A running process of ours. */
export class BlackBox {
  readonly ended: Promise<ProcessEnd>;
  private kept = '';
  private isOver = false;

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.kept = (this.kept + text).slice(-KEPT_OUTPUT_UNITS);
      });
    }
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => {
        this.isOver = true;
        running.delete(child);
        resolve({ code, signal });
      });
    });
    // Who waits gets the error; that nobody waits is no crash.
    this.ended.catch(() => undefined);
  }

  /** Starts it with the Node that runs the tests. It ends at the latest with this process. */
  static start(options: BlackBoxOptions): BlackBox {
    const child = spawn(process.execPath, [options.script, ...(options.args ?? [])], {
      cwd: options.cwd,
      env: { ...inherited(), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    if (!endsAtExit) process.once('exit', () => running.forEach((left) => left.kill('SIGTERM')));
    endsAtExit = true;
    return new BlackBox(child);
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the process could not be started');
    return this.child.pid;
  }

  get isRunning(): boolean {
    return !this.isOver;
  }

  /** The end of what it wrote, both streams. */
  get output(): string {
    return this.kept;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Asks it to end, insists with SIGKILL after `graceMs`, and gives how it ended. */
  async stop(graceMs: number): Promise<ProcessEnd> {
    if (this.isRunning) this.signal('SIGTERM');
    const timer = setTimeout(() => this.signal('SIGKILL'), graceMs);
    try {
      return await this.ended;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Where programs and caches are; no address and no key of the person who runs the tests. */
function inherited(): Record<string, string> {
  const names = ['PATH', 'HOME', 'LANG', 'TMPDIR', 'XDG_CACHE_HOME', 'http_proxy', 'https_proxy', 'no_proxy'];
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}
