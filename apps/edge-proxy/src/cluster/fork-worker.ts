// A worker process as its primary sees it.
import cluster, { type Worker } from 'node:cluster';
import { WorkerChannel } from './worker-channel.js';

/** How a worker ended. */
export interface WorkerExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface WorkerProcess {
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
 */
export function forkWorker(env: Readonly<Record<string, string>>): WorkerProcess {
  // Of use only where the system does not deal connections out itself. Metrics hold values that JSON cannot say.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({ serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const worker = cluster.fork({ ...env });
  worker.on('error', () => undefined); // a message that could not be sent, or a start that `exit` tells of
  const exited = new Promise<WorkerExit>((resolve) => {
    worker.once('exit', (code: number | null, signal: string | null) => resolve({ code, signal }));
  });
  return {
    pid: worker.process.pid ?? 0,
    channel: new WorkerChannel(portOf(worker)),
    exited,
    kill: () => worker.process.kill('SIGKILL'),
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
