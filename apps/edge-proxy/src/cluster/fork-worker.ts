// A worker process as its primary sees it.
import cluster, { type Worker } from 'node:cluster';
import { WorkerChannel } from './worker-channel.js';

/** How a worker ended. */
export interface WorkerExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** Why it never ran; absent when it did. */
  readonly failure?: string;
}

export interface WorkerProcess {
  /** 0 when the system could not start it: `exited` tells why. */
  readonly pid: number;
  readonly channel: WorkerChannel;
  /** Never rejects. */
  readonly exited: Promise<WorkerExit>;
  /** At once, without an order. */
  readonly kill: () => void;
}

/**
 * Starts this same program as a worker.
 * @param env what it gets beside this process's environment
 * @throws Error when the system refuses at once, e.g. for want of memory; most refusals come by `exited` instead
 */
export function forkWorker(env: Readonly<Record<string, string>>): WorkerProcess {
  // Of use only where the system does not deal connections out itself. Metrics hold values that JSON cannot say.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const worker = cluster.fork({ ...env });
  const pid = worker.process.pid ?? 0;
  let end: (exit: WorkerExit) => void = () => undefined;
  const exited = new Promise<WorkerExit>((resolve) => (end = resolve));
  worker.once('exit', (code: number | null, signal: string | null) => end({ code, signal }));
  // Of one that runs: a message that could not be sent. One that never ran has no `exit`.
  worker.on('error', ({ message }: Error) => {
    if (pid === 0) end({ code: null, signal: null, failure: message });
  });
  return {
    pid,
    channel: new WorkerChannel(portOf(worker)),
    exited,
    kill: () => {
      if (pid === 0) end({ code: null, signal: null, failure: 'it never ran' });
      else worker.process.kill('SIGKILL');
    },
  };
}

const portOf = (worker: Worker): ConstructorParameters<typeof WorkerChannel>[0] => ({
  send: (message) => {
    if (worker.isConnected()) worker.send(message, undefined, () => undefined);
  },
  onMessage: (listener) => void worker.on('message', listener),
  onClose: (listener) => void worker.once('disconnect', listener),
});

/** The channel to the primary, in a worker. */
export function channelToPrimary(): WorkerChannel {
  return new WorkerChannel({
    send: (message) => {
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
    },
    onMessage: (listener) => void process.on('message', listener),
    onClose: (listener) => void process.once('disconnect', listener),
  });
}
