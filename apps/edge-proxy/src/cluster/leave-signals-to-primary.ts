// Loaded before anything else: it must not import what takes time to load.

/**
 * Makes a worker deaf to the signals that a terminal and some supervisors send to the whole group: what they mean is its
 * primary's to say. Without it they would end a worker that still loads. Does nothing in a process that is no worker.
 * @param env `process.env`
 */
export function leaveSignalsToPrimary(env: NodeJS.ProcessEnv, signals: NodeJS.EventEmitter = process): void {
  if (env['EDGE_PROXY_WORKER'] === undefined) return;
  for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) signals.on(name, () => undefined);
}
