// Keeps one child running: whatever ends it, it is started again, until we are told to stop.
import { setTimeout as delay } from 'node:timers/promises';
import { describeExit } from '@sluice/private-services';
import type { LauncherLog } from './launcher-log.js';
import { RestartBackoff } from './restart-backoff.js';
import type { RunningChild } from './service-process.js';

/** How a child is started, any number of times, and who is told. */
export interface SupervisedChildOptions {
  readonly name: string;
  /** Starts it; `onSpawn` as soon as there is a pid. */
  readonly start: (onSpawn: (pid: number) => void) => Promise<RunningChild>;
  /** Called at each new pid. */
  readonly onPid: () => void;
  /** Called when it has ended although nobody asked. */
  readonly onUnexpectedExit?: (description: string) => void;
  readonly log: LauncherLog;
  /** Waits before a restart; ends early, without an error, when `signal` aborts. Tests pass their own. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** A child and its restarts. */
export class SupervisedChild {
  readonly name: string;
  private currentPid: number | undefined;
  private running: RunningChild | undefined;
  private starting: Promise<RunningChild> | undefined;
  private spawnedAtMs = 0;
  private readonly stopping = new AbortController();
  private readonly backoff = new RestartBackoff();

  constructor(private readonly options: SupervisedChildOptions) {
    this.name = options.name;
  }

  /** Undefined while none runs, before the first start and for a server of the operator's own. */
  get pid(): number | undefined {
    return this.currentPid;
  }

  /** The first start; from then on it is kept running. Rejects when the first start fails. */
  async start(): Promise<void> {
    const child = await this.spawnOnce();
    void this.keepRunning(child);
  }

  /** Ends the child and its restarts. Takes little more than `timeoutMs` at most. Idempotent; never rejects. */
  async stop(timeoutMs: number): Promise<void> {
    this.stopping.abort();
    if (this.starting !== undefined && this.running === undefined) await this.abandonStart(timeoutMs);
    await this.running?.stop({ timeoutMs });
  }

  private async spawnOnce(): Promise<RunningChild> {
    this.stopping.signal.throwIfAborted();
    this.running = undefined;
    this.currentPid = undefined; // the system may give the old one to somebody else
    this.spawnedAtMs = performance.now();
    this.starting = this.options.start((pid) => {
      this.spawnedAtMs = performance.now();
      this.currentPid = pid;
      this.options.onPid();
    });
    try {
      this.running = await this.starting;
      return this.running;
    } finally {
      this.starting = undefined;
    }
  }

  private async keepRunning(first: RunningChild): Promise<void> {
    let child: RunningChild | undefined = first;
    while (!this.isStopping()) {
      if (child !== undefined) {
        const description = describeExit(await child.exited);
        if (this.isStopping()) return;
        this.options.log.warn(
          { child: this.name, pid: child.pid },
          `${this.name} ended (${description}), starting it again`,
        );
        this.options.onUnexpectedExit?.(description);
      }
      child = await this.tryAgain();
    }
  }

  private async tryAgain(): Promise<RunningChild | undefined> {
    const waitMs = this.backoff.nextDelayMs(performance.now() - this.spawnedAtMs);
    await (this.options.wait ?? waitOrAbort)(waitMs, this.stopping.signal);
    try {
      const child = await this.spawnOnce();
      this.options.log.info({ child: this.name, pid: child.pid }, `${this.name} runs again`);
      return child;
    } catch (error) {
      if (!this.isStopping()) {
        this.options.log.error(
          { child: this.name, err: error },
          `${this.name} could not be started, trying again`,
        );
      }
      return undefined;
    }
  }

  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  /** A start in progress may wait for readiness or a download: its process is ended, the rest is left behind. */
  private async abandonStart(timeoutMs: number): Promise<void> {
    const settled = this.starting?.then(
      () => undefined,
      () => undefined,
    );
    this.signal('SIGINT');
    const timer = setTimeout(() => this.signal('SIGKILL'), timeoutMs);
    await Promise.race([settled, delay(timeoutMs)]);
    clearTimeout(timer);
  }

  private signal(name: NodeJS.Signals): void {
    if (this.currentPid === undefined) return;
    try {
      process.kill(this.currentPid, name);
    } catch {
      // It has ended already.
    }
  }
}

async function waitOrAbort(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}
