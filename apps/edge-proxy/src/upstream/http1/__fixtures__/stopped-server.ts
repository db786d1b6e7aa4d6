import { spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { freePort, waitFor } from '@sluice/testing';

/** A process that listens and is stopped: the system takes connections for it until its queue is full, then none. */
export interface StoppedServer extends AsyncDisposable {
  /** On 127.0.0.1. */
  readonly port: number;
}

/** Its queue is full when this returns. */
export async function startStoppedServer(): Promise<StoppedServer> {
  const port = await freePort();
  const script = `require('node:net').createServer().listen({ port: ${port}, host: '127.0.0.1', backlog: 1 }, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.kill('SIGSTOP');
  const fillers: Socket[] = [];
  for (let count = 0; count < 8; count += 1) {
    fillers.push(connect(port, '127.0.0.1').on('error', () => undefined));
  }
  await waitFor(() => fillers.some((socket) => !socket.connecting));
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      fillers.forEach((socket) => socket.destroy());
      const closed = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await closed;
    },
  };
}
