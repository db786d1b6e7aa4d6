// One server as a child process: output to a file, readiness by protocol, an orderly end.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  type PrivateServer,
  type PrivateServerName,
  PrivateServiceError,
  type ServerExit,
} from './private-server.js';
import { probeUntilReady } from './probes.js';
import { forgetProcess, recordProcess } from './process-record.js';

/** What to run and how to know that it is ready. */
export interface ServerProcessPlan {
  readonly name: PrivateServerName;
  readonly url: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Added to a minimal environment; nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user?: { readonly uid: number; readonly gid: number } | undefined;
  readonly logFile: string;
  /** Folder of the process records. */
  readonly recordDir: string;
  /** The signal that means "finish and end" to this server. */
  readonly stopSignal: NodeJS.Signals;
  readonly endWithParent: boolean;
  readonly readyTimeoutMs: number;
  readonly onSpawn: ((pid: number) => void) | undefined;
}

const DEFAULT_STOP_TIMEOUT_MS = 5000;
const MAX_LOG_BYTES = 10 * 1024 * 1024;
const LOG_TAIL_BYTES = 2048;

/** Starts the process and waits until it answers. Rejects with the end of its log when it dies or the deadline passes. */
export async function runServerProcess(plan: ServerProcessPlan): Promise<PrivateServer> {
  const child = spawnServer(plan);
  const exited = new Promise<ServerExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  const { pid } = child;
  if (pid === undefined) {
    await exited;
    throw new PrivateServiceError(
      `${plan.name}: ${plan.file} cannot be started; is it executable for this user?`,
    );
  }
  recordProcess(plan.recordDir, plan.name, pid);
  plan.onSpawn?.(pid);
  const ended = exited.then((exit) => {
    forgetProcess(plan.recordDir, plan.name);
    return exit;
  });
  const server: PrivateServer = {
    name: plan.name,
    url: plan.url,
    pid,
    logFile: plan.logFile,
    exited: ended,
    stop: (options) =>
      endChild(child, { signal: plan.stopSignal, timeoutMs: options?.timeoutMs ?? DEFAULT_STOP_TIMEOUT_MS }),
  };
  await waitUntilReady(plan, server);
  return server;
}

async function waitUntilReady(plan: ServerProcessPlan, server: PrivateServer): Promise<void> {
  const abort = new AbortController();
  let died: ServerExit | undefined;
  void server.exited.then((exit) => {
    died = exit;
    abort.abort();
  });
  try {
    await probeUntilReady(plan.name, plan.url, { timeoutMs: plan.readyTimeoutMs, signal: abort.signal });
  } catch (error) {
    await server.stop();
    const reason =
      died === undefined
        ? `did not answer within ${plan.readyTimeoutMs} ms (${error instanceof Error ? error.message : String(error)})`
        : `ended before it was ready (${describeExit(died)})`;
    throw new PrivateServiceError(
      `${plan.name} ${reason}. End of ${plan.logFile}:\n${readTail(plan.logFile)}`,
    );
  }
}

function spawnServer(plan: ServerProcessPlan): ChildProcess {
  const wrap = plan.endWithParent && hasParentDeathSignal();
  const file = wrap ? 'setpriv' : plan.file;
  const signal = plan.stopSignal.slice('SIG'.length);
  const args = wrap ? ['--pdeathsig', signal, '--', plan.file, ...plan.args] : [...plan.args];
  const log = openLog(plan.logFile);
  try {
    return spawn(file, args, {
      cwd: plan.cwd,
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        LC_ALL: 'C',
        TZ: 'UTC',
        ...plan.env,
      },
      // Own group: a terminal's Ctrl-C must not reach the server before its clients have stopped.
      detached: true,
      stdio: ['ignore', log, log],
      ...plan.user,
    });
  } finally {
    closeSync(log);
  }
}

let parentDeathSignal: boolean | undefined;

/** True when util-linux's `setpriv --pdeathsig` works here: it execs the command, so the pid stays the server's own. */
function hasParentDeathSignal(): boolean {
  parentDeathSignal ??=
    process.platform === 'linux' &&
    spawnSync('setpriv', ['--pdeathsig', 'TERM', '--', 'true'], { timeout: 5000, stdio: 'ignore' }).status ===
      0;
  return parentDeathSignal;
}

/** Sends the signal, at the deadline SIGKILL; resolves when the child has ended. Never rejects. */
export async function endChild(
  child: ChildProcess,
  options: { readonly signal: NodeJS.Signals; readonly timeoutMs: number },
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill(options.signal);
  child.kill('SIGCONT'); // a stopped process would never see the signal
  const timer = setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
  await ended;
  clearTimeout(timer);
}

/** "code 1" or "signal SIGKILL". */
export function describeExit(exit: ServerExit): string {
  return exit.signal === null ? `code ${exit.code ?? 'unknown'}` : `signal ${exit.signal}`;
}

/** Opens a log for appending; one that has grown over 10 MiB is moved to `<file>.1` first, the older one goes. */
export function openLog(file: string): number {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    if (statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  } catch {
    // No log yet.
  }
  return openSync(file, 'a', 0o600);
}

/** The last 2 KiB of a file; empty when it cannot be read. */
export function readTail(file: string): string {
  try {
    const handle = openSync(file, 'r');
    try {
      const { size } = fstatSync(handle);
      const buffer = Buffer.alloc(Math.min(size, LOG_TAIL_BYTES));
      readSync(handle, buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString('utf8').trimEnd();
    } finally {
      closeSync(handle);
    }
  } catch {
    return '';
  }
}

/** Where a server's files are below the data folder. */
export function serverPaths(
  dataDir: string,
  name: PrivateServerName,
): {
  readonly home: string;
  readonly logFile: string;
  readonly recordDir: string;
} {
  return {
    home: join(dataDir, name),
    logFile: join(dataDir, name, `${name}.log`),
    recordDir: join(dataDir, 'processes'),
  };
}
