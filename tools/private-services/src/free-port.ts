import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** A TCP port on 127.0.0.1 that was free a moment ago; another process may still take it first. */
export async function freePort(): Promise<number> {
  return await listenOnce(0);
}

const SERVER_PORTS = { first: 20_000, count: 12_000 };
const MAX_TRIES = 20;

/**
 * A free port for a server that may go and come back: below those that the system gives to outgoing connections
 * (32768 and up on Linux), one of which could otherwise take the port while the server is away.
 */
export async function freeServerPort(): Promise<number> {
  for (let attempt = 0; attempt < MAX_TRIES; attempt += 1) {
    const port = SERVER_PORTS.first + randomInt(SERVER_PORTS.count);
    if (await isPortFree(port)) return port;
  }
  return await freePort();
}

/** True when 127.0.0.1:port (or host:port) can be listened on now. Never throws. */
export async function isPortFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return await listenOnce(port, host).then(
    () => true,
    () => false,
  );
}

function listenOnce(port: number, host = '127.0.0.1'): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(bound));
    });
  });
}
