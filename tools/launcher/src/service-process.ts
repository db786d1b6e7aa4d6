// One service as a child process: own group, output to its log, a pipe as stdin whose end tells it that we are gone.
import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { endChild, forgetProcess, openLog, recordProcess, type ServerExit } from '@sluice/private-services';
import type { ServicePlan } from './plan-services.js';

/** A process that runs. `pid` is absent for a server of the operator's own. */
export interface RunningChild {
  readonly pid: number | undefined;
  /** Resolves once, when it has ended. Never rejects. */
  readonly exited: Promise<ServerExit>;
  /** Asks it to end, at the deadline SIGKILL; resolves when it has ended. Never rejects. */
  stop(options: { readonly timeoutMs: number }): Promise<void>;
}

/** What starting one service takes. */
export interface StartServiceOptions {
  readonly plan: ServicePlan;
  /** The whole environment of the child. */
  readonly env: Readonly<Record<string, string>>;
  readonly processesDir: string;
  readonly onSpawn: (pid: number) => void;
}

/** Spawns the service and returns at once. @throws Error when the program cannot be started */
export async function startService(options: StartServiceOptions): Promise<RunningChild> {
  const { plan, env, processesDir } = options;
  const log = openLog(plan.logFile);
  const child = spawn(process.execPath, [plan.script], { env, detached: true, stdio: ['pipe', log, log] });
  closeSync(log);
  child.stdin?.on('error', () => undefined); // it closes its end when it dies; `exit` tells us that
  const exited = new Promise<ServerExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  const { pid } = child;
  if (pid === undefined) {
    await exited;
    throw new Error(`${plan.name}: ${process.execPath} cannot be started`);
  }
  recordProcess(processesDir, plan.name, pid);
  options.onSpawn(pid);
  return {
    pid,
    exited: exited.then((exit) => {
      forgetProcess(processesDir, plan.name);
      return exit;
    }),
    // Not SIGTERM, at which an edge first leaves its door open for load balancers: here everything ends.
    stop: ({ timeoutMs }) => endChild(child, { signal: 'SIGINT', timeoutMs }),
  };
}

const POLL_MS = 50;
const ANSWER_TIMEOUT_MS = 2000;

/** Asks `<opsUrl>/readyz` until it answers 200. Rejects when `signal` aborts, with its reason. */
export async function waitUntilServiceReady(opsUrl: string, signal: AbortSignal): Promise<void> {
  for (;;) {
    if (await isReady(opsUrl, signal)) return;
    signal.throwIfAborted();
    await delay(POLL_MS);
  }
}

async function isReady(opsUrl: string, signal: AbortSignal): Promise<boolean> {
  try {
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_TIMEOUT_MS)]);
    const response = await fetch(`${opsUrl}/readyz`, { signal: timeout });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false; // not listening yet
  }
}
