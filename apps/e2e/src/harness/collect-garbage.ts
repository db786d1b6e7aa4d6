import type { BlackBox } from './service-process.js';

/** For the environment of a process whose garbage is to be collected: what is left is what it holds. */
export const INSPECTED = { NODE_OPTIONS: '--inspect=127.0.0.1:0' };

const ANSWER_MS = 30_000;

/** Has a process that was started with {@link INSPECTED} collect its garbage, and waits for it. */
export async function collectGarbage(process: BlackBox): Promise<void> {
  const address = /ws:\/\/\S+/.exec(process.output)?.[0];
  if (address === undefined) throw new Error('the process has no inspector');
  const socket = new WebSocket(address);
  try {
    await heard(socket, 'open');
    const answered = heard(socket, 'message');
    socket.send(JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }));
    await answered;
  } finally {
    socket.close();
  }
}

function heard(socket: WebSocket, name: 'open' | 'message'): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`the inspector did not say ${name}`)), ANSWER_MS);
    socket.addEventListener(name, () => {
      clearTimeout(timer);
      resolve();
    });
    socket.addEventListener('error', () => reject(new Error('the inspector broke off')));
  });
}
